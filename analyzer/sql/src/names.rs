//! Which names a statement holds, and what `*` stands for where it names hidden columns.
//!
//! In: a parsed statement, and the columns of tables that nobody sees unless they are named. Out: the names, and the statement with each `*` written out so that it leaves out what was only named elsewhere.
//! It knows no schema: what a name means, planning finds out.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::{
    ExcludeSelectItem, Ident, JoinConstraint, JoinOperator, ObjectName, ObjectNamePart, Query,
    Select, SelectItem, SelectItemQualifiedWildcardKind, TableFactor, TableWithJoins, VisitMut,
    VisitorMut, WildcardAdditionalOptions,
};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::tokenizer::{Token, Tokenizer};

/// Hidden columns that a statement names, by table.
pub(crate) type Hidden = BTreeMap<String, Vec<String>>;

/// Every word of a statement, as names are compared: those without quotes in small letters. Words of texts are none.
pub(crate) fn words(statement: &Statement) -> BTreeSet<String> {
    let text = statement.to_string();
    // What was parsed has tokens.
    let tokens = Tokenizer::new(&GenericDialect {}, &text).tokenize();
    let words = tokens.unwrap_or_default().into_iter();
    words
        .filter_map(|token| match token {
            Token::Word(word) if word.quote_style.is_some() => Some(word.value),
            Token::Word(word) => Some(word.value.to_ascii_lowercase()),
            _ => None,
        })
        .collect()
}

/// Makes every `*` of a statement stand for the columns that its tables show to who names none.
pub(crate) fn leave_out(statement: &mut Statement, hidden: &Hidden) {
    match statement {
        Statement::Statement(statement) => {
            let mut stars = Stars {
                hidden,
                shadowed: BTreeSet::new(),
            };
            let _ = statement.visit(&mut stars);
        }
        Statement::Explain(explained) => leave_out(&mut explained.statement, hidden),
        _ => {}
    }
}

struct Stars<'h> {
    hidden: &'h Hidden,
    /// Names of tables that the statement itself makes.
    shadowed: BTreeSet<String>,
}

impl VisitorMut for Stars<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        let made = query.with.iter().flat_map(|with| &with.cte_tables);
        self.shadowed
            .extend(made.map(|made| name_of(&made.alias.name)));
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<()> {
        if select.projection.is_empty() && !select.from.is_empty() {
            let all = SelectItem::Wildcard(WildcardAdditionalOptions::default());
            select.projection.push(all);
        }
        let relations = self.relations(&select.from);
        if relations.iter().any(|relation| !relation.hidden.is_empty()) {
            let items = std::mem::take(&mut select.projection);
            let is_plain = joins_show_all(&select.from);
            select.projection = items
                .into_iter()
                .flat_map(|item| written_out(item, &relations, is_plain))
                .collect();
        }
        ControlFlow::Continue(())
    }
}

/// What stands in a `FROM`.
struct Relation<'h> {
    /// By what its columns are told from others; none where nothing does.
    name: Option<ObjectName>,
    hidden: &'h [String],
}

impl<'h> Stars<'h> {
    fn relations(&self, from: &[TableWithJoins]) -> Vec<Relation<'h>> {
        from.iter().flat_map(|tables| self.joined(tables)).collect()
    }

    fn joined(&self, tables: &TableWithJoins) -> Vec<Relation<'h>> {
        let joined = tables.joins.iter().map(|join| &join.relation);
        let all = std::iter::once(&tables.relation).chain(joined);
        all.flat_map(|factor| self.factor(factor)).collect()
    }

    fn factor(&self, factor: &TableFactor) -> Vec<Relation<'h>> {
        let alone = |name: Option<ObjectName>, hidden| vec![Relation { name, hidden }];
        let aliased = |ident: &Ident| ObjectName(vec![ObjectNamePart::Identifier(ident.clone())]);
        match factor {
            TableFactor::Table {
                name, alias, args, ..
            } => {
                let is_ours =
                    args.is_none() && alias.as_ref().is_none_or(|alias| alias.columns.is_empty());
                let hidden = if is_ours { self.hidden_of(name) } else { &[] };
                let shown = alias.as_ref().map(|alias| aliased(&alias.name));
                let known = args.is_none().then(|| name.clone());
                alone(shown.or(known), hidden)
            }
            TableFactor::NestedJoin {
                table_with_joins,
                alias: None,
            } => self.joined(table_with_joins),
            TableFactor::Derived { alias, .. } | TableFactor::NestedJoin { alias, .. } => {
                alone(alias.as_ref().map(|alias| aliased(&alias.name)), &[])
            }
            _ => alone(None, &[]),
        }
    }

    fn hidden_of(&self, table: &ObjectName) -> &'h [String] {
        let last = table.0.last().and_then(ObjectNamePart::as_ident);
        let name = last.map(name_of);
        let name = name.filter(|name| table.0.len() > 1 || !self.shadowed.contains(name));
        let hidden = name.and_then(|name| self.hidden.get(&name));
        hidden.map_or(&[], Vec::as_slice)
    }
}

/// A name as names are compared.
fn name_of(ident: &Ident) -> String {
    if ident.quote_style.is_some() {
        ident.value.clone()
    } else {
        ident.value.to_ascii_lowercase()
    }
}

/// Whether `*` stands for all columns of all tables: no column is that of two, and no table is only looked at.
fn joins_show_all(from: &[TableWithJoins]) -> bool {
    let is_plain = |constraint: &JoinConstraint| {
        matches!(constraint, JoinConstraint::On(_) | JoinConstraint::None)
    };
    let mut joins = from.iter().flat_map(|tables| &tables.joins);
    joins.all(|join| match &join.join_operator {
        JoinOperator::Join(constraint)
        | JoinOperator::Inner(constraint)
        | JoinOperator::Left(constraint)
        | JoinOperator::LeftOuter(constraint)
        | JoinOperator::Right(constraint)
        | JoinOperator::RightOuter(constraint)
        | JoinOperator::FullOuter(constraint)
        | JoinOperator::CrossJoin(constraint) => is_plain(constraint),
        _ => false,
    })
}

/// An item of a `SELECT`, or what it stands for.
fn written_out(item: SelectItem, relations: &[Relation<'_>], is_plain: bool) -> Vec<SelectItem> {
    match item {
        SelectItem::Wildcard(options) => {
            let is_named = relations.iter().all(|relation| relation.name.is_some());
            if relations.len() == 1 || !is_plain || !is_named || has_options(&options) {
                let hidden = relations.iter().flat_map(|relation| relation.hidden);
                return vec![SelectItem::Wildcard(without(options, hidden))];
            }
            let each = relations.iter().filter_map(|relation| {
                let options = without(WildcardAdditionalOptions::default(), relation.hidden);
                let name = SelectItemQualifiedWildcardKind::ObjectName(relation.name.clone()?);
                Some(SelectItem::QualifiedWildcard(name, options))
            });
            each.collect()
        }
        SelectItem::QualifiedWildcard(
            SelectItemQualifiedWildcardKind::ObjectName(name),
            options,
        ) => {
            let is_meant = |relation: &&Relation<'_>| {
                let names = relation.name.as_ref().map(names_of);
                names == Some(names_of(&name))
            };
            let meant = relations.iter().find(is_meant);
            let hidden = meant.map_or(&[][..], |relation| relation.hidden);
            let name = SelectItemQualifiedWildcardKind::ObjectName(name);
            vec![SelectItem::QualifiedWildcard(
                name,
                without(options, hidden),
            )]
        }
        item => vec![item],
    }
}

fn names_of(name: &ObjectName) -> Vec<String> {
    let idents = name.0.iter().filter_map(ObjectNamePart::as_ident);
    idents.map(name_of).collect()
}

fn has_options(options: &WildcardAdditionalOptions) -> bool {
    options.opt_exclude.is_some() || options.opt_except.is_some() || options.opt_replace.is_some()
}

/// The same `*` without some columns more.
fn without<'n>(
    options: WildcardAdditionalOptions,
    hidden: impl IntoIterator<Item = &'n String>,
) -> WildcardAdditionalOptions {
    let mut names: Vec<ObjectName> = match &options.opt_exclude {
        Some(ExcludeSelectItem::Single(name)) => vec![name.clone()],
        Some(ExcludeSelectItem::Multiple(names)) => names.clone(),
        None => Vec::new(),
    };
    let excepted = options.opt_except.iter().flat_map(|except| {
        std::iter::once(&except.first_element).chain(&except.additional_elements)
    });
    let excepted: BTreeSet<String> = excepted.map(name_of).collect();
    for name in hidden {
        let is_there =
            excepted.contains(name) || names.iter().any(|there| names_of(there) == [name.clone()]);
        if !is_there {
            let ident = Ident::with_quote('"', name);
            names.push(ObjectName(vec![ObjectNamePart::Identifier(ident)]));
        }
    }
    WildcardAdditionalOptions {
        opt_exclude: (!names.is_empty()).then_some(ExcludeSelectItem::Multiple(names)),
        ..options
    }
}

#[cfg(test)]
mod tests {
    use datafusion::sql::parser::DFParser;

    use super::*;

    fn parsed(sql: &str) -> Statement {
        let mut statements = DFParser::parse_sql(sql).expect("SQL");
        statements.pop_front().expect("a statement")
    }

    #[test]
    fn words_are_names_as_they_are_compared() {
        let check = |sql: &str, expected: &[&str]| {
            let words = words(&parsed(sql));
            for word in expected {
                assert!(words.contains(*word), "{word} in {words:?}");
            }
            assert!(!words.contains("secret"), "{words:?}");
        };
        check("SELECT Proc_Env FROM events", &["proc_env", "events"]);
        check("SELECT \"Proc_Env\" FROM events", &["Proc_Env"]);
        check("SELECT 1 FROM events WHERE a = 'secret' -- secret", &["a"]);
        check(
            "EXPLAIN SELECT a FROM b JOIN c USING (d)",
            &["a", "b", "c", "d"],
        );
    }

    #[test]
    fn a_star_leaves_out_what_is_only_named() {
        let hidden = Hidden::from([
            ("events".to_owned(), vec!["h".to_owned(), "i".to_owned()]),
            ("files".to_owned(), vec!["h".to_owned()]),
        ]);
        let check = |sql: &str, expected: &str| {
            let mut statement = parsed(sql);
            leave_out(&mut statement, &hidden);
            assert_eq!(statement.to_string(), parsed(expected).to_string(), "{sql}");
        };
        let all = r#"SELECT * EXCLUDE ("h", "i") FROM events"#;
        check(
            "SELECT * FROM events WHERE h = 1",
            &format!("{all} WHERE h = 1"),
        );
        check("SELECT * FROM Events", &all.replace("events", "Events"));
        check(
            "SELECT h, * FROM events",
            r#"SELECT h, * EXCLUDE ("h", "i") FROM events"#,
        );
        check("SELECT * FROM other", "SELECT * FROM other");
        check("SELECT count(*) FROM events", "SELECT count(*) FROM events");
        check(
            "SELECT * FROM (SELECT h FROM events) x",
            "SELECT * FROM (SELECT h FROM events) x",
        );
        check(
            "SELECT * FROM (SELECT * FROM events) x",
            &format!("SELECT * FROM ({all}) x"),
        );
        check("EXPLAIN SELECT * FROM events", &format!("EXPLAIN {all}"));
        check(
            "SELECT e.* FROM events e, other",
            r#"SELECT e.* EXCLUDE ("h", "i") FROM events e, other"#,
        );
        check(
            "SELECT * FROM events e JOIN other o ON a = b JOIN files ON a = c",
            r#"SELECT e.* EXCLUDE ("h", "i"), o.*, files.* EXCLUDE ("h") FROM events e JOIN other o ON a = b JOIN files ON a = c"#,
        );
        check(
            "SELECT * FROM events JOIN other USING (a)",
            r#"SELECT * EXCLUDE ("h", "i") FROM events JOIN other USING (a)"#,
        );
        check(
            "SELECT * FROM events LEFT SEMI JOIN other ON a = b",
            r#"SELECT * EXCLUDE ("h", "i") FROM events LEFT SEMI JOIN other ON a = b"#,
        );
        check(
            "SELECT * EXCLUDE (h, a) FROM events",
            r#"SELECT * EXCLUDE (h, a, "i") FROM events"#,
        );
        check(
            "SELECT * EXCEPT (h) FROM events",
            r#"SELECT * EXCLUDE ("i") EXCEPT (h) FROM events"#,
        );
        // A table of the statement's own, and one that is looked at by a number of arguments.
        check(
            "WITH events AS (SELECT 1 AS h) SELECT * FROM events",
            "WITH events AS (SELECT 1 AS h) SELECT * FROM events",
        );
        check("SELECT * FROM events(1)", "SELECT * FROM events(1)");
    }
}
