//! `TABLES.md`: every table and column with its type, as the declarations say.

use std::fs;
use std::path::Path;

use falco_analyze::columns::{Table, tables_page};

const BEGIN: &str = "<!-- tables -->\n";

#[test]
fn the_page_of_tables_is_what_the_declarations_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("TABLES.md");
    let page = fs::read_to_string(&path).expect("the page can be read");
    let (before, written) = page.split_once(BEGIN).expect("the tables begin");
    let declared = tables_page();
    if std::env::var_os("FALCO_BLESS").is_some() {
        fs::write(&path, format!("{before}{BEGIN}{declared}")).expect("the page can be written");
    } else {
        assert_eq!(
            written, declared,
            "TABLES.md is not what the declarations say: run this test with FALCO_BLESS=1"
        );
    }
}

#[test]
fn tables_and_columns_have_names_of_their_own_and_say_what_they_hold() {
    let mut tables = Vec::new();
    for table in Table::ALL {
        assert!(!tables.contains(&table.name()), "{} twice", table.name());
        assert_eq!(Table::named(table.name()), Some(table));
        tables.push(table.name());
        let layout = table.layout();
        let mut columns = Vec::new();
        for column in layout.columns() {
            let name = format!("{}.{}", table.name(), column.name);
            assert!(!columns.contains(&column.name), "{name} twice");
            assert!(!column.doc.is_empty(), "{name} says nothing");
            columns.push(column.name.clone());
        }
    }
}
