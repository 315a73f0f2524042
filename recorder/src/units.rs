//! Sizes and durations as people write them: `512MiB`, `10m`.
//!
//! Text in, numbers out; nothing else.

use std::time::Duration;

use thiserror::Error;

/// Why a size or a duration could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum UnitError {
    /// There is no number at the start.
    #[error("`{0}` does not start with a number")]
    NoNumber(String),
    /// The unit is not one of those known.
    #[error("`{unit}` is not a unit here; known are {known}")]
    UnknownUnit {
        /// What stood there.
        unit: String,
        /// What could have stood there.
        known: &'static str,
    },
    /// The value does not fit.
    #[error("`{0}` is too large")]
    TooLarge(String),
    /// The value is zero where that makes no sense.
    #[error("zero makes no sense here")]
    Zero,
}

const SIZES: &[(&str, u64)] = &[
    ("", 1),
    ("b", 1),
    ("k", 1 << 10),
    ("kib", 1 << 10),
    ("kb", 1000),
    ("m", 1 << 20),
    ("mib", 1 << 20),
    ("mb", 1_000_000),
    ("g", 1 << 30),
    ("gib", 1 << 30),
    ("gb", 1_000_000_000),
    ("t", 1 << 40),
    ("tib", 1 << 40),
    ("tb", 1_000_000_000_000),
];

const DURATIONS_MS: &[(&str, u64)] = &[
    ("", 1000),
    ("ms", 1),
    ("s", 1000),
    ("m", 60_000),
    ("min", 60_000),
    ("h", 3_600_000),
    ("d", 86_400_000),
];

/// A number of bytes: `1500`, `64MiB`, `2G` (binary), `2GB` (decimal).
pub fn parse_size(text: &str) -> Result<u64, UnitError> {
    scaled(
        text,
        SIZES,
        "B, K, KiB, KB, M, MiB, MB, G, GiB, GB, T, TiB, TB",
    )
}

/// A length of time: `90` (seconds), `500ms`, `10m`, `2h`, `7d`.
pub fn parse_duration(text: &str) -> Result<Duration, UnitError> {
    scaled(text, DURATIONS_MS, "ms, s, m, h, d").map(Duration::from_millis)
}

fn scaled(text: &str, units: &[(&str, u64)], known: &'static str) -> Result<u64, UnitError> {
    let text = text.trim();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    if number.is_empty() {
        return Err(UnitError::NoNumber(text.to_owned()));
    }
    let wanted = unit.trim().to_ascii_lowercase();
    let factor = units
        .iter()
        .find(|(name, _)| *name == wanted)
        .map(|(_, factor)| *factor)
        .ok_or_else(|| UnitError::UnknownUnit {
            unit: unit.trim().to_owned(),
            known,
        })?;
    let value = number
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(factor))
        .ok_or_else(|| UnitError::TooLarge(text.to_owned()))?;
    if value == 0 {
        return Err(UnitError::Zero);
    }
    Ok(value)
}

/// A number of bytes for people: `1.4 MiB`.
pub fn show_bytes(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    #[expect(
        clippy::cast_precision_loss,
        reason = "shown with one digit after the point"
    )]
    let mut value = bytes as f64;
    let mut unit = UNITS[0];
    for next in &UNITS[1..] {
        if value < 1024.0 {
            break;
        }
        value /= 1024.0;
        unit = next;
    }
    if unit == "B" {
        format!("{bytes} B")
    } else {
        format!("{value:.1} {unit}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        let check = |text, expected| assert_eq!(parse_size(text), expected, "{text}");
        check("1500", Ok(1500));
        check("64MiB", Ok(64 << 20));
        check("64 mib", Ok(64 << 20));
        check("2G", Ok(2 << 30));
        check("2GB", Ok(2_000_000_000));
        check("0", Err(UnitError::Zero));
        check("x", Err(UnitError::NoNumber("x".into())));
        check(
            "99999999999T",
            Err(UnitError::TooLarge("99999999999T".into())),
        );
        assert!(matches!(
            parse_size("3parsecs"),
            Err(UnitError::UnknownUnit { .. })
        ));
    }

    #[test]
    fn durations() {
        let check = |text, ms| assert_eq!(parse_duration(text), Ok(Duration::from_millis(ms)));
        check("90", 90_000);
        check("500ms", 500);
        check("10m", 600_000);
        check("7d", 604_800_000);
        assert!(parse_duration("1w").is_err());
        assert!(parse_duration("-1").is_err());
    }

    #[test]
    fn bytes_for_people() {
        let check = |bytes, text: &str| assert_eq!(show_bytes(bytes), text);
        check(0, "0 B");
        check(1023, "1023 B");
        check(1536, "1.5 KiB");
        check(5 << 30, "5.0 GiB");
    }
}
