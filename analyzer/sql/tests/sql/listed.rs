//! What the shell lists is what there is: every table, view and function that a session knows, each with a line of what it is.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;

use falco_analyze::columns::Table;
use falco_sql::{FUNCTIONS, ListedKind, SessionOptions, SqlSession, open_sources, views};

use crate::sources::Sources;

/// Asks a session over a capture.
fn with_session<T>(ask: impl AsyncFnOnce(&SqlSession) -> T) -> T {
    let sources = Sources::new();
    let paths = [sources.path("plain")];
    let runtime = tokio::runtime::Runtime::new().expect("threads");
    runtime.block_on(async {
        let opened = open_sources(&paths, NonZeroUsize::MIN).expect("sources");
        let session = SqlSession::open(opened, SessionOptions::default()).await;
        ask(&session.expect("a session")).await
    })
}

/// The first column of what `SHOW …` gives.
async fn shown(session: &SqlSession, sql: &str) -> BTreeSet<String> {
    let mut out = Vec::new();
    for statement in session.statements(sql).expect("statements") {
        let results = session.run(statement).await.expect("an answer");
        let written = falco_sql::write_results(results, falco_sql::Format::Csv, &mut out);
        written.await.expect("written");
    }
    let text = String::from_utf8(out).expect("text");
    text.lines().skip(1).map(ToOwned::to_owned).collect()
}

#[test]
fn every_table_and_view_is_listed_with_what_it_holds() {
    with_session(async |session| {
        let listed = session.listed().await;
        let names: BTreeSet<String> = listed.iter().map(|one| one.name.clone()).collect();
        let registered = shown(
            session,
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'",
        )
        .await;
        assert_eq!(names, registered);
        let of_kind = |kind| listed.iter().filter(move |one| one.kind == kind);
        assert_eq!(of_kind(ListedKind::Table).count(), Table::ALL.len());
        let shipped = views::ALL.iter().filter(|view| !view.is_function).count();
        assert_eq!(of_kind(ListedKind::View).count(), shipped);
        let views = session.views().await;
        assert_eq!(views.len(), views::ALL.len());
        let silent = listed.iter().chain(&views).find(|one| one.doc.is_empty());
        assert_eq!(silent, None);
    });
}

#[test]
fn every_function_is_listed_with_what_it_gives() {
    with_session(async |session| {
        let listed = session.functions();
        let registered = shown(
            session,
            "SELECT DISTINCT routine_name FROM information_schema.routines",
        )
        .await;
        let names: BTreeSet<String> = listed.iter().map(|one| one.name.clone()).collect();
        let unlisted: Vec<&String> = registered.difference(&names).collect();
        assert_eq!(unlisted, Vec::<&String>::new());
        for own in FUNCTIONS {
            let found = listed.iter().find(|one| one.name == own.name);
            let found = found.unwrap_or_else(|| panic!("{} is not known", own.name));
            assert_eq!(
                (found.kind == "table", &*found.doc),
                (own.is_table, own.doc)
            );
        }
        // Functions that take an argument and are listed as views are functions.
        for view in views::ALL.iter().filter(|view| view.is_function) {
            let name = view.name.split('(').next().unwrap_or_default();
            assert!(names.contains(name), "{name} is not known");
        }
        let silent: Vec<&String> = listed
            .iter()
            .filter(|one| one.doc.is_empty() || one.usage.is_empty())
            .map(|one| &one.name)
            .collect();
        assert_eq!(silent, Vec::<&String>::new());
    });
}
