//! What keeps hostile text a text: in HTML, in the JSON within a script, in Markdown, in CSV.
//!
//! In: any text. Out: the same, for one place.

use std::fmt::Write as _;

/// A text in HTML, between tags or in a quoted attribute. What nobody sees, or what turns text around, is shown.
pub(super) fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in falco_format::text::plain(text).to_string().chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// JSON that stands within a script element: nothing of it ends the element or begins a comment, and it is the same JSON.
pub(super) fn script_json(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

/// A text in a line or a cell of Markdown: nothing of it is a mark.
pub(super) fn markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in falco_format::text::plain(text).to_string().chars() {
        match c {
            // Links and pictures begin with a bracket.
            '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '|' | '~' => {
                out.push('\\');
                out.push(c);
            }
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            c => out.push(c),
        }
    }
    out
}

/// A cell of CSV. One that a spreadsheet would take for a formula begins with an apostrophe.
pub(super) fn csv(text: &str) -> String {
    let text = falco_format::text::plain(text).to_string();
    let is_formula = text.starts_with(['=', '+', '-', '@']);
    let guarded = if is_formula { format!("'{text}") } else { text };
    if guarded.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", guarded.replace('"', "\"\""))
    } else {
        guarded
    }
}

/// Bytes in base64, as policies of pages name digests.
pub(super) fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let group = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            let digit = usize::try_from(group >> (18 - 6 * place) & 63).unwrap_or(0);
            let digit = DIGITS.get(digit).map_or('=', |digit| char::from(*digit));
            out.push(if place > chunk.len() { '=' } else { digit });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVIL: [&str; 6] = [
        "</script><script>alert(1)</script>",
        "<!-- <script>",
        "\" onmouseover='alert(1)",
        "a\u{1b}[31m\u{202e}b\r\nc\u{2028}",
        "![x](javascript:alert(1)) | `code` <img src=x>",
        "=cmd|' /C calc'!A0,\"x\"",
    ];

    #[test]
    fn nothing_of_a_text_is_a_mark() {
        for text in EVIL {
            let html = html(text);
            assert!(!html.contains(['<', '>', '"', '\'']), "{html}");
            let json = serde_json::to_string(text).expect("a text");
            let script = script_json(&json);
            assert!(!script.contains(['<', '>', '&', '\u{2028}']), "{script}");
            let back: String = serde_json::from_str(&script).expect("JSON");
            assert_eq!(back, text);
            let markdown = markdown(text);
            assert!(!markdown.contains(['<', '>', '\n']), "{markdown}");
            assert!(
                !csv(text).starts_with(['=', '+', '-', '@']),
                "{}",
                csv(text)
            );
            assert!(falco_format::text::is_plain(csv(text).as_bytes()));
        }
    }

    #[test]
    fn base64_is_what_everybody_writes() {
        let check = |bytes: &[u8], expected: &str| assert_eq!(base64(bytes), expected);
        // The vectors of RFC 4648.
        check(b"", "");
        check(b"f", "Zg==");
        check(b"fo", "Zm8=");
        check(b"foo", "Zm9v");
        check(b"foob", "Zm9vYg==");
        check(b"foobar", "Zm9vYmFy");
        check(&[0xff, 0xfe, 0xfb], "//77");
    }
}
