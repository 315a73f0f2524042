//! The section of `PARITY.md` about recordings and their exports says what the tables say.

use std::fs;

use super::known;
use crate::programs::root;

/// Where the section begins and ends.
const BEGIN: &str = "<!-- recordings -->\n";
const END: &str = "<!-- end of recordings -->";

#[test]
fn the_page_tells_every_known_difference() {
    let path = root().join("analyzer/PARITY.md");
    let page = fs::read_to_string(&path).expect("the page can be read");
    let (before, rest) = page.split_once(BEGIN).expect("the section begins");
    let (written, after) = rest.split_once(END).expect("the section ends");
    let section = known::section();
    if std::env::var_os("FALCO_BLESS").is_some() {
        let page = format!("{before}{BEGIN}{section}{END}{after}");
        fs::write(&path, page).expect("the page can be written");
    } else {
        assert_eq!(
            written, section,
            "PARITY.md is not current; FALCO_BLESS=1 writes it"
        );
    }
}
