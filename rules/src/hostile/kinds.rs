//! Rule files as someone would write them who wants a loader to take long: one generator for each kind, by size.

/// A kind of hostile input: its name, a size, and the files of a size.
pub(super) type Kind = (&'static str, usize, fn(usize) -> Vec<String>);

fn rule(name: &str, condition: &str) -> String {
    format!(
        "- rule: {name}\n  desc: d\n  condition: {condition}\n  output: o\n  priority: INFO\n  warn_evttypes: false\n"
    )
}

pub(super) fn joined(count: usize, word: &str, part: impl Fn(usize) -> String) -> String {
    (0..count).map(part).collect::<Vec<_>>().join(word)
}

/// One rule of `count` parts.
fn parts(count: usize, word: &str, part: impl Fn(usize) -> String) -> Vec<String> {
    vec![rule("r", &format!("|-\n    {}", joined(count, word, part)))]
}

/// `count` rules.
pub(super) fn rules(count: usize, condition: impl Fn(usize) -> String) -> String {
    joined(count, "", |index| {
        rule(&format!("r{index}"), &condition(index))
    })
}

pub(super) const CONDITIONS: &[Kind] = &[
    ("or", 1_000, |count| {
        parts(count, " or ", |index| format!("proc.name=a{index}"))
    }),
    ("or of several fields", 500, |count| {
        parts(count, " or ", |index| {
            format!("proc.name=a{index} or fd.num={index} or fd.name endswith b{index}")
        })
    }),
    ("or of prefixes", 1_000, |count| {
        parts(count, " or ", |index| {
            format!("fd.name startswith /a{index}")
        })
    }),
    ("or of words anywhere", 500, |count| {
        parts(count, " or ", |index| {
            format!("fd.name contains a{index} or fd.name icontains B{index}")
        })
    }),
    ("and", 1_000, |count| {
        parts(count, " and ", |index| format!("proc.name!=a{index}"))
    }),
    ("and of numbers", 1_000, |count| {
        parts(count, " and ", |index| format!("fd.num > {index}"))
    }),
    ("or of ands", 500, |count| {
        parts(count, " or ", |index| {
            format!("(proc.name=a{index} and fd.num={index})")
        })
    }),
    ("not", 1_000, |count| {
        parts(count, " and ", |index| format!("not proc.name=a{index}"))
    }),
    ("deep and wide", 200, |count| {
        let deep =
            |index: usize| format!("{}proc.name=a{index}{}", "not (".repeat(20), ")".repeat(20));
        parts(count, " or ", deep)
    }),
    ("ands in ors in ands", 20, |count| {
        let tree = |index: usize| {
            (0..40).fold(format!("fd.num={index}"), |inner, level| {
                let word = if level % 2 == 0 { "and" } else { "or" };
                format!("proc.pid != {level} {word} ({inner})")
            })
        };
        parts(count, " or ", |index| format!("({})", tree(index)))
    }),
    ("arguments", 500, |count| {
        parts(count, " or ", |index| format!("proc.aname[{index}]=a"))
    }),
    ("arguments in groups", 500, |count| {
        let group = |index: usize| {
            let alternatives = joined(20, " or ", |place| {
                format!("proc.aname[{}]=a", (index * 7 + place) % 1_000)
            });
            format!("({alternatives})")
        };
        vec![rules(count / 10, |index| {
            joined(10, " and ", |place| group(index * 10 + place))
        })]
    }),
    ("sets and what is not in them", 1_000, |count| {
        let set = joined(count, ", ", |index| format!("a{index}"));
        let not = joined(count, " and ", |index| format!("proc.name != a{index}"));
        let again = joined(count, " and ", |index| {
            format!("proc.name startswith b{index}")
        });
        vec![rule(
            "r",
            &format!("proc.name in ({set}) and {not} and {again}"),
        )]
    }),
    ("sets and other beginnings", 1_000, |count| {
        let set = joined(count, ", ", |index| format!("a{index}"));
        let again = joined(count, " and ", |index| {
            format!("proc.name startswith b{index}")
        });
        vec![rule("r", &format!("proc.name in ({set}) and {again}"))]
    }),
    ("networks", 500, |count| {
        let set = joined(count, ", ", |index| {
            format!("\"10.{}.{}.0/24\"", index / 250, index % 250)
        });
        vec![rule("r", &format!("fd.net in ({set})"))]
    }),
    ("types of events", 100, |count| {
        let own = |index: usize| {
            let names = [
                "open", "openat", "close", "execve", "connect", "syncfs", "many",
            ];
            let named: Vec<_> = (0..7).filter(|bit| index >> bit & 1 == 1).collect();
            let named = named.iter().map(|bit| names[*bit]).collect::<Vec<_>>();
            format!(
                "evt.type in (open, {}) and fd.num={index}",
                named.join(", ")
            )
            .replace(", )", ")")
        };
        vec![rules(count, own)]
    }),
    ("rules", 300, |count| {
        vec![rules(count, |index| {
            format!("evt.type=open and fd.num={index} and proc.name in (a, b{index})")
        })]
    }),
];

pub(super) const PATTERNS: &[Kind] = &[
    ("regexes", 100, |count| {
        parts(count, " or ", |index| {
            format!("proc.name regex '(a|b)*c{index}[0-9]+.*'")
        })
    }),
    ("regexes of one comparison", 100, |count| {
        let list = joined(count, ", ", |index| format!("'x{index}[a-f]*'"));
        vec![rule("r", &format!("proc.name regex anyof ({list})"))]
    }),
    ("regexes that explode", 20, |count| {
        parts(count, " or ", |index| {
            format!(
                "proc.name regex '(a|b)*{}'",
                "a(a|b){15}".to_owned() + &"c".repeat(index % 50)
            )
        })
    }),
    ("regexes that are large", 8, |count| {
        parts(count, " or ", |index| {
            format!("proc.name regex '(ab{index}[^x]{{30}}){{40}}'")
        })
    }),
    ("globs of stars", 300, |count| {
        parts(count, " or ", |index| {
            format!("fd.name glob 'a{}{index}'", "*a?".repeat(20))
        })
    }),
    ("brackets without an end", 2_000, |count| {
        vec![rule("r", &format!("fd.name glob '{}'", "[".repeat(count)))]
    }),
    ("brackets around classes", 500, |count| {
        vec![rule(
            "r",
            &format!("fd.name glob '{}'", "[[:alpha:]".repeat(count)),
        )]
    }),
    ("path prefixes", 1_000, |count| {
        let list = joined(count, ", ", |index| format!("/a/b{index}/c"));
        vec![rule("r", &format!("fd.name pmatch ({list})"))]
    }),
    ("path prefixes with patterns", 1_000, |count| {
        let list = joined(count, ", ", |index| format!("/a/b{index}*/c"));
        vec![rule("r", &format!("fd.name pmatch ({list})"))]
    }),
    ("paths that are deep", 50, |count| {
        let list = joined(count, ", ", |index| {
            format!("{}/x{index}", "/a".repeat(200))
        });
        vec![rule("r", &format!("fd.name pmatch ({list})"))]
    }),
];

pub(super) const ITEMS: &[Kind] = &[
    ("append", 500, |count| {
        let append = "- rule: r\n  condition: or proc.name=b\n  append: true\n";
        vec![rule("r", "proc.name=a") + &append.repeat(count)]
    }),
    ("macro append", 500, |count| {
        let append = "- macro: m\n  condition: or proc.name=b\n  append: true\n";
        let start = "- macro: m\n  condition: proc.name=a\n";
        vec![start.to_owned() + &append.repeat(count) + &rule("r", "m")]
    }),
    ("list append", 500, |count| {
        let append = "- list: l\n  items: [b]\n  append: true\n";
        let start = "- list: l\n  items: [a]\n";
        vec![start.to_owned() + &append.repeat(count) + &rule("r", "proc.name in (l)")]
    }),
    ("overrides", 300, |count| {
        let replace = "- rule: r\n  condition: proc.name=b\n  output: o\n  tags: [t]\n  override:\n    condition: replace\n    output: append\n    tags: append\n";
        vec![rule("r", "proc.name=a") + &replace.repeat(count)]
    }),
    ("definitions over and over", 500, |count| {
        vec![rule("r", "proc.name=a").repeat(count)]
    }),
    ("tags", 500, |count| {
        let tags = joined(count, ", ", |index| format!("t{index}"));
        vec![rule("r", "proc.name=a") + &format!("  tags: [{tags}]\n")]
    }),
    ("unknown keys", 500, |count| {
        let keys = joined(count, "", |index| format!("  key{index}: a\n"));
        vec![rule("r", "proc.name=a") + &keys]
    }),
    ("keys over and over", 500, |count| {
        vec![rule("r", "proc.name=a") + &"  condition: proc.name=b\n".repeat(count)]
    }),
    ("outputs", 500, |count| {
        let fields = joined(count, " ", |index| {
            format!("%proc.aname[{index}] %proc.name")
        });
        vec![rule("r", "proc.name=a").replace("output: o", &format!("output: \"{fields}\""))]
    }),
    ("an unknown event argument", 2_000, |count| {
        let name = "a".repeat(count);
        vec![rule("r", "proc.name=a").replace("output: o", &format!("output: o %evt.arg.{name}"))]
    }),
    ("long names", 2_000, |count| {
        let name = "n".repeat(count);
        let mistakes = joined(count / 40, " or ", |_| "proc.nmae=a".to_owned());
        vec![rule(&name, &mistakes)]
    }),
];

pub(super) const EXCEPTIONS: &[Kind] = &[
    ("exceptions", 500, |count| {
        let own = |index| {
            format!(
                "    - name: e{index}\n      fields: [proc.name]\n      values:\n        - [a{index}]\n"
            )
        };
        vec![rule("r", "evt.type=open") + "  exceptions:\n" + &joined(count, "", own)]
    }),
    ("exceptions appended", 500, |count| {
        let own = |index| {
            format!(
                "- rule: r\n  append: true\n  exceptions:\n    - name: e{index}\n      fields: [proc.name]\n      values:\n        - [a{index}]\n"
            )
        };
        vec![rule("r", "evt.type=open") + &joined(count, "", own)]
    }),
    ("values appended", 500, |count| {
        let first = "  exceptions:\n    - name: e\n      fields: [proc.name, fd.name]\n";
        let own = |index| {
            format!(
                "- rule: r\n  append: true\n  exceptions:\n    - name: e\n      values:\n        - [a{index}, b]\n"
            )
        };
        vec![rule("r", "evt.type=open") + first + &joined(count, "", own)]
    }),
    ("values of exceptions", 20, |count| {
        let own = |index| {
            let values = joined(20, ", ", |value| format!("[a{value}, /b{index}]"));
            format!(
                "    - name: e{index}\n      fields: [proc.name, fd.name]\n      comps: [=, startswith]\n      values: [{values}]\n"
            )
        };
        vec![rule("r", "evt.type=open") + "  exceptions:\n" + &joined(count, "", own)]
    }),
    ("wide tuples", 100, |count| {
        let fields = joined(count, ", ", |index| format!("\"proc.aname[{index}]\""));
        let values = joined(count, ", ", |index| format!("a{index}"));
        vec![
            rule("r", "evt.type=open")
                + &format!(
                    "  exceptions:\n    - name: e\n      fields: [{fields}]\n      values: [[{values}], [{values}]]\n"
                ),
        ]
    }),
];

pub(super) const NAMES: &[Kind] = &[
    ("lists of one condition", 200, |count| {
        let lists = joined(count, "", |index| {
            format!("- list: list{index}\n  items: [a{index}, b{index}]\n")
        });
        let names = joined(count, ", ", |index| format!("list{index}"));
        vec![lists + &rule("r", &format!("proc.name in ({names})"))]
    }),
    ("lists of lists", 200, |count| {
        let lists = joined(count, "", |index| {
            format!(
                "- list: list{index}\n  items: [a{index}, list{}]\n",
                index + 1
            )
        });
        vec![lists + &rule("r", "proc.name in (list0)")]
    }),
    ("lists of lists before them", 200, |count| {
        let lists = joined(count, "", |index| {
            format!(
                "- list: list{}\n  items: [a{index}, list{index}]\n",
                index + 1
            )
        });
        vec![lists + &rule("r", &format!("proc.name in (list{count})"))]
    }),
    ("empty lists", 200, |count| {
        let lists = joined(count, "", |index| {
            format!("- list: list{index}\n  items: []\n")
        });
        let names = joined(count, ", ", |index| format!("list{index}, a{index}"));
        vec![lists + &rule("r", &format!("proc.name in ({names})"))]
    }),
    ("a long list in many rules", 60, |count| {
        let items = joined(60, ", ", |index| format!("a{index}"));
        vec![
            format!("- list: items\n  items: [{items}]\n")
                + &rules(count, |index| {
                    format!("fd.num={index} and proc.name in (items, x{index})")
                }),
        ]
    }),
    ("words like lists", 300, |count| {
        let lists = joined(count, "", |index| {
            format!("- list: shells_of_{index}\n  items: [a]\n")
        });
        let words = joined(count, ", ", |index| format!("shels_of_{index}"));
        vec![lists + &rule("r", &format!("proc.name in ({words})"))]
    }),
    ("macros in a row, defined backwards", 400, |count| {
        let first = joined(count, "", |index| {
            format!("- macro: m{index}\n  condition: proc.name=a\n")
        });
        let again = |index| format!("- macro: m{index}\n  condition: m{}\n", index + 1);
        vec![first + &joined(count - 1, "", again) + &rule("r", "m0")]
    }),
    ("macros of one condition", 300, |count| {
        let macros = joined(count, "", |index| {
            format!("- macro: m{index}\n  condition: fd.num={index} and proc.name=a\n")
        });
        let names = joined(count, " or ", |index| format!("m{index}"));
        vec![macros + &rule("r", &names)]
    }),
    ("a wide macro in many rules", 100, |count| {
        let wide = joined(100, " or ", |index| format!("proc.aname[{index}]=a"));
        let macros = format!("- macro: wide\n  condition: {wide}\n");
        vec![macros + &rules(count, |index| format!("wide or fd.num={index}"))]
    }),
    ("deep macros in many rules", 50, |count| {
        let macros = joined(50, "", |index| {
            format!(
                "- macro: m{index}\n  condition: fd.num={index} or m{}\n",
                index - index.min(1)
            )
        })
        .replace("or m0\n- macro: m1", "or proc.name=a\n- macro: m1");
        vec![macros + &rules(count, |index| format!("proc.name=b{index} and m49"))]
    }),
    ("macros that double", 100, |count| {
        let macros = (1..count).fold(
            "- macro: m0\n  condition: proc.name = a\n".to_owned(),
            |macros, level| {
                let below = level - 1;
                macros
                    + &format!(
                        "- macro: m{level}\n  condition: (m{below} or fd.name = x{level}) and (m{below} or fd.num = {level})\n"
                    )
            },
        );
        vec![macros + &rule("r", &format!("m{}", count - 1))]
    }),
];

pub(super) const MISTAKES: &[Kind] = &[
    ("unknown fields", 500, |count| {
        parts(count, " or ", |index| format!("proc.nmae{index}=a"))
    }),
    ("unknown fields on lines of their own", 500, |count| {
        parts(count, "\n    or ", |index| format!("proc.nmae{index}=a"))
    }),
    ("unknown fields in one line", 500, |count| {
        let own = |index| {
            format!(
                "{{rule: r{index}, desc: d, condition: proc.nmae = a, output: o, priority: INFO}}"
            )
        };
        vec![format!("[{}]", joined(count, ",", own))]
    }),
    ("unknown macros", 300, |count| {
        let macros = joined(count, "", |index| {
            format!("- macro: macro_of_{index}\n  condition: proc.name=a\n")
        });
        vec![macros + &parts(count, " or ", |index| format!("marco_of_{index}")).concat()]
    }),
    ("unknown macros in macros", 300, |count| {
        vec![joined(count, "", |index| {
            format!("- macro: macro_of_{index}\n  condition: marco_of_{index}\n")
        })]
    }),
    ("values of a wrong type", 500, |count| {
        parts(count, " or ", |index| format!("fd.num=a{index}"))
    }),
    (
        "broken macros in rules that may be left out",
        100,
        |count| {
            let macros = joined(count, "", |index| {
                format!("- macro: m{index}\n  condition: proc.nmae=a{index}\n")
            });
            let own = |index: usize| {
                rule(&format!("r{index}"), &format!("m{index}"))
                    + "  skip-if-unknown-filter: true\n"
            };
            vec![macros + &joined(count, "", own)]
        },
    ),
    ("items that are none", 500, |count| {
        vec!["- what: is this\n".repeat(count) + &"- rule: r\n  desc: d\n".repeat(count)]
    }),
];

pub(super) const FILES: &[Kind] = &[
    ("files of one rule", 50, |count| {
        let own = |index| {
            rule(
                &format!("r{index}"),
                &format!("evt.type=open and fd.num={index}"),
            )
        };
        (0..count).map(own).collect()
    }),
    ("files of a list, a macro and a rule", 50, |count| {
        let own = |index| {
            let items = format!(
                "- list: l{index}\n  items: [a, b{index}]\n- macro: m{index}\n  condition: proc.name in (l{index})\n"
            );
            items
                + &rule(
                    &format!("r{index}"),
                    &format!("evt.type=open and m{index} and base"),
                )
        };
        let base = "- macro: base\n  condition: fd.num > 3\n".to_owned();
        std::iter::once(base).chain((0..count).map(own)).collect()
    }),
];

/// A text of so many bytes, named as often.
pub(super) fn aliases(count: usize) -> String {
    let text = "a".repeat(count);
    let items = joined(count, ", ", |_| "*a".to_owned());
    format!("- list: l\n  items: [&a {text}]\n- list: m\n  items: [{items}]\n")
}

/// So many lists with blanks in their names, and a condition of so many bytes.
pub(super) fn odd_names(count: usize, bytes: usize) -> String {
    let lists = joined(count, "", |index| {
        format!("- list: \"odd list {index}\"\n  items: [a{index}]\n")
    });
    lists
        + &rule(
            "r",
            &format!("proc.name in (odd list 0, {})", "a".repeat(bytes)),
        )
}

/// So many fields in one macro, and so many rules of it.
pub(super) fn named_in_rules(fields: usize, count: usize) -> String {
    let wide = joined(fields, " or ", |index| format!("proc.aname[{index}]=a"));
    format!("- macro: wide\n  condition: {wide}\n")
        + &rules(count, |index| format!("wide and fd.num={index}"))
}
