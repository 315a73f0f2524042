//! Layouts before and after. What comes out must come out again.

use super::format_rules;

fn check(before: &str, after: &str) {
    let formatted = format_rules("f.yaml", before);
    assert_eq!(formatted.as_deref(), Ok(after), "of\n{before}");
    let again = format_rules("f.yaml", after);
    assert_eq!(again.as_deref(), Ok(after), "again");
}

#[test]
fn items_are_one_blank_line_apart() {
    check(
        "\n\n- list: a\n  items: []\n\n\n\n- list: b\n  items: []\n- list: c\n  items: []\n\n\n",
        "- list: a\n  items: []\n\n- list: b\n  items: []\n\n- list: c\n  items: []\n",
    );
    check("", "");
    check("# only words  \n", "# only words\n");
    check("\u{feff}- list: a\n", "- list: a\n");
    check("\n\u{feff}", "");
}

#[test]
fn levels_are_two_columns_apart() {
    check(
        "-   rule:   R\n    desc : d\n    exceptions:\n    -   name: e\n        fields: [a,  b]\n        values:\n            - [1,\n               2]\n",
        "- rule: R\n  desc: d\n  exceptions:\n    - name: e\n      fields: [a,  b]\n      values:\n        - [1,\n           2]\n",
    );
    check(
        "  - list: a\n    items:\n    - - x\n      -  y\n    -\n       z\n",
        "- list: a\n  items:\n    - - x\n      - y\n    -\n      z\n",
    );
    check(
        "- rule: R\n  override:\n       condition: append\n       output:\n         replace\n",
        "- rule: R\n  override:\n    condition: append\n    output:\n      replace\n",
    );
}

#[test]
fn scalars_keep_what_they_say() {
    check(
        "- macro: m\n  condition: >\n      a = b\n        and\n       \n      c = d  \n\n\n- macro: n\n  condition: |-\n     x\n    # a comment\n",
        "- macro: m\n  condition: >\n    a = b\n      and\n     \n    c = d  \n\n- macro: n\n  condition: |-\n    x\n  # a comment\n",
    );
    check(
        "-    macro: m\n     condition: a = b\n        and c = d   \n     output: \"x\n       y\"\n",
        "- macro: m\n  condition: a = b\n     and c = d\n  output: \"x\n    y\"\n",
    );
    check(
        "-   macro: m\n    condition: |2+\n         x\n      y\n\n\n-   macro: n\n    condition: >\n\n       z\n",
        "- macro: m\n  condition: |2+\n       x\n    y\n\n\n- macro: n\n  condition: >\n\n    z\n",
    );
    check(
        "- macro: m\r\n  condition: >\r\n   a\r\n   b\r\n",
        "- macro: m\n  condition: >\n    a\n    b\n",
    );
}

#[test]
fn comments_stay_beside_what_they_are_about() {
    check(
        "# head\n\n\n# about a\n- list: a # here\n# inside\n  items:\n  # first\n  - x   # x\n      # after x\n  # behind\n# about b\n# and more\n- list: b\n  items: [ # in\n      y,\n   # z\n      ]\n  # the end\n# really\n",
        "# head\n\n# about a\n- list: a # here\n  # inside\n  items:\n    # first\n    - x   # x\n    # after x\n    # behind\n\n# about b\n# and more\n- list: b\n  items: [ # in\n      y,\n   # z\n      ]\n  # the end\n# really\n",
    );
}

#[test]
fn documents_and_anchors_stay() {
    check(
        "---\n-  list: a\n   items: &i\n   - x\n-  list: é\n   items:  *i\n---\n-  list: b\n",
        "---\n\n- list: a\n  items: &i\n    - x\n\n- list: é\n  items: *i\n---\n\n- list: b\n",
    );
}

#[test]
fn what_is_no_yaml_is_refused_with_its_place() {
    let error = format_rules("f.yaml", "- list: a\n  items: [\n").expect_err("an open bracket");
    assert_eq!(error.code, crate::Code::YamlSyntax);
    assert!(error.span.is_some());
}
