//! What counts as an arrow: small packages of made-up files.

use super::{Source, arrows_of, rings};

/// Checks which rings the files have; a ring is the names of its files, without their ending.
#[track_caller]
fn check(files: &[(&str, &str)], expected: &[&[&str]]) {
    let source = |(path, text): &(&str, &str)| Source {
        path: format!("p/src/{path}.rs"),
        bytes: text.as_bytes().to_vec(),
    };
    let files: Vec<Source> = files.iter().map(source).collect();
    let arrows = arrows_of(&files);
    let name = |path: &str| {
        let name = path.strip_prefix("p/src/").unwrap_or(path);
        name.strip_suffix(".rs").unwrap_or(name).to_owned()
    };
    let found: Vec<Vec<String>> = rings(&arrows)
        .iter()
        .map(|ring| ring.iter().map(|path| name(path)).collect())
        .collect();
    assert_eq!(found, expected);
}

const TWO: (&str, &str) = ("lib", "mod a; mod b;");

#[test]
fn every_form_of_a_path_is_seen() {
    let forms = [
        "use crate::a::A;",
        "use super::a::{A as Other};",
        "use super::{self as all, a::{A, other}};",
        "use crate::{a};",
        "use crate::a::*;",
        "fn f(x: crate::a::A) {}",
        "fn f() -> Vec<super::a::A> { vec![super::a::A] }",
        "mod inner { fn f() { super::super::a::f() } }",
        "fn f() { println!(\"{}\", crate::a::f()) }",
        "macro_rules! m { () => { $crate::a::f() } }",
    ];
    for form in forms {
        let b = format!("{form} pub struct B;");
        let a = "use super::b::B; pub struct A; pub fn f() {} pub fn other() {}";
        check(&[TWO, ("a", a), ("b", &b)], &[&["a", "b"]]);
    }
}

#[test]
fn what_is_no_code_is_no_arrow() {
    let none = [
        "// use crate::a::A;",
        "/// See [`crate::a::A`].",
        "const TEXT: &str = \"crate::a::A\";",
        "#[cfg(test)] mod tests { use crate::a::A; }",
        "#[cfg(test)] use crate::a::{A};",
        "use ::a::A;",
        "use other::a::A;",
    ];
    for form in none {
        let b = format!("{form}\npub struct B;");
        check(
            &[TWO, ("a", "use super::b::B; pub struct A;"), ("b", &b)],
            &[],
        );
    }
}

/// Who asks a folder's face for a name depends on the file that defines it.
#[test]
fn a_name_leads_to_where_it_was_made() {
    let lib = ("lib", "mod a; mod face; pub use face::Deep;");
    let face = ("face/mod", "mod deep; pub use deep::*;");
    check(
        &[
            lib,
            face,
            ("a", "use crate::Deep; pub struct A;"),
            ("face/deep", "use crate::a::A; pub struct Deep;"),
        ],
        &[&["a", "face/deep"]],
    );
}

/// A child names what its parent defines, and the parent names its child.
#[test]
fn a_file_is_the_frame_of_its_modules() {
    check(
        &[
            ("lib", "mod a; pub struct Own;"),
            (
                "a",
                "mod child; use crate::Own; pub struct A; fn f() { child::f() }",
            ),
            ("a/child", "use super::A; use crate::Own; pub fn f() {}"),
        ],
        &[],
    );
    // But not what stands beside the parent.
    check(
        &[
            ("lib", "mod a; mod b;"),
            ("a", "mod child; pub use child::f;"),
            ("a/child", "use crate::b::B; pub fn f() {}"),
            ("b", "use crate::a::f; pub struct B;"),
        ],
        &[&["a/child", "b"]],
    );
}
