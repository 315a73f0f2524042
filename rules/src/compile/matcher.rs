//! One value against constants.

use std::net::IpAddr;
use std::sync::Arc;

use super::strings::{Prefixes, StringSet, Substrings, Suffixes};
use super::{Glob, PathSet};
use crate::Value;
use crate::fields::{Literal, Network};
use crate::regex::Pattern;
use crate::syntax::{Modifier, Operator};

/// A test of one value. A value of another kind than the constants never passes.
///
/// Its kind stands in a byte of its own: hidden in the unused values of some member it would take longer to read.
#[derive(Debug)]
#[repr(u8)]
pub(crate) enum Matcher {
    Always,
    Never,
    Number(Range),
    Numbers(Box<[i128]>),
    Double(Operator, f64),
    Doubles(Box<[f64]>),
    Address {
        equal: bool,
        address: IpAddr,
    },
    Addresses(Box<[IpAddr]>),
    Networks {
        inside: bool,
        networks: Box<[Network]>,
    },
    Equal(Box<[u8]>),
    NotEqual(Box<[u8]>),
    Order(Operator, Box<[u8]>),
    OneOfStrings(StringSet),
    Prefixes(Prefixes),
    Suffixes(Suffixes),
    Substrings(Substrings),
    Globs(Box<[Glob]>),
    Patterns(Box<[Arc<Pattern>]>),
    Paths(PathSet),
    Counted(Modifier, Box<[Matcher]>),
}

impl Matcher {
    /// The test `value operator constant` for one of `values`, whichever fits.
    pub(crate) fn any(operator: Operator, values: &[Literal]) -> Self {
        match values.first() {
            None => Self::Never,
            Some(Literal::Text(_)) => Self::any_text(operator, each(values, text)),
            Some(Literal::Pattern(_)) => Self::Patterns(each(values, pattern).into()),
            Some(Literal::Double(_)) => Self::Doubles(each(values, double).into()),
            Some(Literal::Ip(_)) => Self::Addresses(each(values, address).into()),
            Some(Literal::Net(_)) => Self::Networks {
                inside: true,
                networks: each(values, network).into(),
            },
            Some(Literal::Bool(_) | Literal::Int(_) | Literal::Uint(_)) => {
                let mut numbers = each(values, number);
                numbers.sort_unstable();
                numbers.dedup();
                match numbers.as_slice() {
                    [only] => Self::Number(Range::new(Operator::Equal, *only)),
                    _ => Self::Numbers(numbers.into()),
                }
            }
        }
    }

    fn any_text(operator: Operator, values: Vec<Box<[u8]>>) -> Self {
        match operator {
            Operator::StartsWith | Operator::BStartsWith => Self::Prefixes(Prefixes::new(values)),
            Operator::EndsWith => Self::Suffixes(Suffixes::new(values)),
            Operator::Contains | Operator::BContains => {
                Self::Substrings(Substrings::new(values, false))
            }
            Operator::IContains => Self::Substrings(Substrings::new(values, true)),
            Operator::Glob | Operator::IGlob => {
                let folds_case = operator == Operator::IGlob;
                Self::Globs(
                    values
                        .iter()
                        .map(|pattern| Glob::new(pattern, folds_case))
                        .collect(),
                )
            }
            Operator::PMatch => Self::Paths(PathSet::new(values.iter().map(|path| &**path))),
            Operator::Equal | Operator::DoubleEqual | Operator::In | Operator::Intersects => {
                match <[_; 1]>::try_from(values) {
                    Ok([only]) => Self::Equal(only),
                    Err(values) => Self::OneOfStrings(StringSet::new(values)),
                }
            }
            Operator::NotEqual
            | Operator::Less
            | Operator::LessOrEqual
            | Operator::Greater
            | Operator::GreaterOrEqual
            | Operator::Exists
            | Operator::Regex => {
                unreachable!("{operator:?} has no test for one of several texts")
            }
        }
    }

    /// The test `value operator constant`.
    pub(crate) fn one(operator: Operator, value: &Literal) -> Self {
        let is_order = matches!(
            operator,
            Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual
        );
        match (operator, value) {
            (Operator::NotEqual, Literal::Text(text)) => Self::NotEqual(text.clone()),
            (_, Literal::Text(text)) if is_order => Self::Order(operator, text.clone()),
            (Operator::NotEqual, Literal::Ip(address)) => Self::Address {
                equal: false,
                address: *address,
            },
            (_, Literal::Ip(address)) => Self::Address {
                equal: true,
                address: *address,
            },
            (Operator::NotEqual, Literal::Net(network)) => Self::Networks {
                inside: false,
                networks: [*network].into(),
            },
            (_, Literal::Double(value)) => Self::Double(operator, *value),
            (_, Literal::Text(_) | Literal::Pattern(_) | Literal::Net(_)) => {
                Self::any(operator, std::slice::from_ref(value))
            }
            (_, Literal::Bool(_) | Literal::Int(_) | Literal::Uint(_)) => {
                let value = number(value).expect("these are the numbers");
                Self::Number(Range::new(operator, value))
            }
        }
    }

    /// `operator oneof|anyof|allof (values)`.
    pub(crate) fn counted(operator: Operator, modifier: Modifier, values: &[Literal]) -> Self {
        Self::Counted(
            modifier,
            values
                .iter()
                .map(|value| Self::one(operator, value))
                .collect(),
        )
    }

    /// [`Self::matches`] where a call costs nothing beside the rest.
    #[inline(never)]
    pub(crate) fn passes(&self, value: Value<'_>) -> bool {
        self.matches(value)
    }

    /// Whether a value passes; never for an absent one, or one of another kind than the source has declared.
    #[inline(always)]
    pub(crate) fn matches(&self, value: Value<'_>) -> bool {
        // No closures: the compiler would call them.
        match (self, value) {
            (Self::Number(range), value) => match number_of(value) {
                Some(value) => range.contains(value),
                None => false,
            },
            (Self::Equal(constant), Value::Str(text) | Value::Bytes(text)) => {
                equals(text, constant, value)
            }
            (Self::NotEqual(constant), Value::Str(text) | Value::Bytes(text)) => {
                !equals(text, constant, value)
            }
            (Self::Equal(_) | Self::NotEqual(_) | Self::Never, _) => false,
            _ => self.matches_text(value),
        }
    }

    /// The tests of text that cost more than a call.
    #[inline(never)]
    fn matches_text(&self, value: Value<'_>) -> bool {
        match self {
            // No constant holds a NUL, so what stands behind one changes nothing here.
            Self::Prefixes(prefixes) => raw_text(value).is_some_and(|text| prefixes.matches(text)),
            Self::Suffixes(suffixes) => text_of(value).is_some_and(|text| suffixes.matches(text)),
            Self::OneOfStrings(set) => text_of(value).is_some_and(|text| set.contains(text)),
            // What stands nowhere in the value does not stand before its NUL.
            Self::Substrings(substrings) => raw_text(value).is_some_and(|raw| {
                substrings.matches(raw)
                    && text_of(value)
                        .is_some_and(|text| text.len() == raw.len() || substrings.matches(text))
            }),
            _ => self.matches_at_length(value),
        }
    }

    /// The tests that are rare or long.
    #[inline(never)]
    fn matches_at_length(&self, value: Value<'_>) -> bool {
        match self {
            Self::Always => true,
            Self::Numbers(constants) => {
                number_of(value).is_some_and(|value| constants.binary_search(&value).is_ok())
            }
            Self::Double(operator, constant) => {
                double_of(value).is_some_and(|value| compare_partial(*operator, &value, constant))
            }
            Self::Doubles(constants) => {
                double_of(value).is_some_and(|value| constants.contains(&value))
            }
            Self::Address { equal, address } => {
                matches!(value, Value::Ip(value) if (value == *address) == *equal)
            }
            Self::Addresses(addresses) => {
                matches!(value, Value::Ip(value) if addresses.contains(&value))
            }
            Self::Networks { inside, networks } => {
                matches!(value, Value::Ip(value) if networks.iter().any(|net| net.contains(&value)) == *inside)
            }
            Self::Counted(modifier, matchers) => count(*modifier, matchers, value),
            Self::Order(operator, constant) => {
                text_of(value).is_some_and(|text| compare_partial(*operator, text, constant))
            }
            Self::Globs(globs) => {
                text_of(value).is_some_and(|text| globs.iter().any(|glob| glob.matches(text)))
            }
            Self::Patterns(patterns) => text_of(value)
                .is_some_and(|text| patterns.iter().any(|pattern| pattern.matches(text))),
            Self::Paths(paths) => text_of(value).is_some_and(|text| paths.matches(text)),
            Self::Never
            | Self::Number(_)
            | Self::Equal(_)
            | Self::NotEqual(_)
            | Self::OneOfStrings(_)
            | Self::Prefixes(_)
            | Self::Suffixes(_)
            | Self::Substrings(_) => unreachable!("the common tests were made before"),
        }
    }

    /// How much a test costs beside others; only the order matters.
    pub(crate) fn cost(&self) -> u32 {
        match self {
            Self::Always | Self::Never => 0,
            Self::Number(..) | Self::Double(..) | Self::Address { .. } => 1,
            Self::Numbers(_) | Self::Doubles(_) | Self::Addresses(_) | Self::Networks { .. } => 2,
            Self::Equal(_) | Self::NotEqual(_) | Self::Order(..) => 3,
            Self::Prefixes(_) | Self::Suffixes(_) | Self::OneOfStrings(_) => 4,
            Self::Paths(_) => 8,
            Self::Substrings(_) => 12,
            Self::Globs(globs) => 20 * u32::try_from(globs.len()).unwrap_or(u32::MAX / 20),
            Self::Patterns(patterns) => 30 * u32::try_from(patterns.len()).unwrap_or(u32::MAX / 30),
            Self::Counted(_, matchers) => matchers
                .iter()
                .fold(1, |sum: u32, test| sum.saturating_add(test.cost())),
        }
    }
}

fn count(modifier: Modifier, matchers: &[Matcher], value: Value<'_>) -> bool {
    let mut passed = matchers.iter().filter(|matcher| matcher.passes(value));
    match modifier {
        Modifier::Any => passed.next().is_some(),
        Modifier::One => passed.next().is_some() && passed.next().is_none(),
        Modifier::All => passed.count() == matchers.len(),
    }
}

/// The constants of one test, which are of one kind: that of the field's values.
fn each<T>(values: &[Literal], of_kind: impl Fn(&Literal) -> Option<T>) -> Vec<T> {
    let of_kind = |value| of_kind(value).expect("constants for one field are of one kind");
    values.iter().map(of_kind).collect()
}

fn text(value: &Literal) -> Option<Box<[u8]>> {
    if let Literal::Text(text) = value {
        Some(text.clone())
    } else {
        None
    }
}

fn pattern(value: &Literal) -> Option<Arc<Pattern>> {
    if let Literal::Pattern(pattern) = value {
        Some(Arc::clone(pattern))
    } else {
        None
    }
}

fn number(value: &Literal) -> Option<i128> {
    match value {
        Literal::Bool(value) => Some(i128::from(*value)),
        Literal::Int(value) => Some(i128::from(*value)),
        Literal::Uint(value) => Some(i128::from(*value)),
        _ => None,
    }
}

fn double(value: &Literal) -> Option<f64> {
    if let Literal::Double(value) = value {
        Some(*value)
    } else {
        None
    }
}

fn address(value: &Literal) -> Option<IpAddr> {
    if let Literal::Ip(value) = value {
        Some(*value)
    } else {
        None
    }
}

fn network(value: &Literal) -> Option<Network> {
    if let Literal::Net(value) = value {
        Some(*value)
    } else {
        None
    }
}

/// A value as an integer, whatever its width.
#[inline]
fn number_of(value: Value<'_>) -> Option<i128> {
    match value {
        Value::Bool(value) => Some(i128::from(value)),
        Value::Int(value) => Some(i128::from(value)),
        Value::Uint(value) => Some(i128::from(value)),
        _ => None,
    }
}

fn double_of(value: Value<'_>) -> Option<f64> {
    if let Value::Double(value) = value {
        Some(value)
    } else {
        None
    }
}

/// A string's or a buffer's bytes, whatever stands in them.
fn raw_text(value: Value<'_>) -> Option<&[u8]> {
    match value {
        Value::Str(text) | Value::Bytes(text) => Some(text),
        _ => None,
    }
}

/// Equality with a constant, which holds no NUL where the value is a string: no search for the value's NUL is needed.
///
/// Where the value ends is asked first: that rules out most values without a look at their bytes.
#[inline]
fn equals(text: &[u8], constant: &[u8], value: Value<'_>) -> bool {
    let ends = match text.get(constant.len()) {
        None => text.len() == constant.len(),
        Some(byte) => *byte == 0 && matches!(value, Value::Str(_)),
    };
    ends && text.starts_with(constant)
}

/// The bytes that text operators see: strings end at their first NUL, byte buffers do not.
#[inline]
pub(crate) fn text_of(value: Value<'_>) -> Option<&[u8]> {
    match value {
        Value::Str(text) if has_nul(text) => text.split(|byte| *byte == 0).next(),
        Value::Str(text) => Some(text),
        Value::Bytes(bytes) => Some(bytes),
        _ => None,
    }
}

/// Whether a NUL stands in a text. Texts are short and hardly ever have one: eight bytes at a time without a call beat a
/// search that has to find the place and to choose its way first.
#[inline]
fn has_nul(text: &[u8]) -> bool {
    /// Some byte of a word is zero exactly if subtracting one from each borrows where the top bit was clear.
    fn has_zero_byte(word: u64) -> bool {
        const ONES: u64 = u64::MAX / 255;
        word.wrapping_sub(ONES) & !word & (ONES << 7) != 0
    }
    let (words, rest) = text.as_chunks::<8>();
    let whole = words
        .iter()
        .any(|word| has_zero_byte(u64::from_ne_bytes(*word)));
    // The last eight bytes once more cost less than the remainder one by one.
    whole
        || match text.last_chunk::<8>() {
            Some(last) => has_zero_byte(u64::from_ne_bytes(*last)),
            None => rest.contains(&0),
        }
}

/// The integers that satisfy a comparison with a constant: those from one to another, or all but those.
#[derive(Debug)]
pub(crate) struct Range {
    first: i128,
    last: i128,
    is_inside: bool,
}

impl Range {
    /// Values and constants have 64 bits, so that the bounds never wrap.
    fn new(operator: Operator, constant: i128) -> Self {
        let (first, last, is_inside) = match operator {
            Operator::Equal | Operator::DoubleEqual | Operator::In | Operator::Intersects => {
                (constant, constant, true)
            }
            Operator::NotEqual => (constant, constant, false),
            Operator::Less => (i128::MIN, constant - 1, true),
            Operator::LessOrEqual => (i128::MIN, constant, true),
            Operator::Greater => (constant + 1, i128::MAX, true),
            Operator::GreaterOrEqual => (constant, i128::MAX, true),
            other => unreachable!("numbers have an order and no text to be searched: {other:?}"),
        };
        Self {
            first,
            last,
            is_inside,
        }
    }

    #[inline]
    fn contains(&self, value: i128) -> bool {
        (self.first <= value && value <= self.last) == self.is_inside
    }

    /// Whether one integer satisfies it.
    pub(crate) fn is_one(&self) -> bool {
        self.first == self.last && self.is_inside
    }

    /// Whether all integers but one satisfy it.
    pub(crate) fn is_all_but_one(&self) -> bool {
        self.first == self.last && !self.is_inside
    }
}

fn compare_partial<T: PartialOrd + ?Sized>(operator: Operator, left: &T, right: &T) -> bool {
    match operator {
        Operator::Equal | Operator::DoubleEqual | Operator::In | Operator::Intersects => {
            left == right
        }
        Operator::NotEqual => left != right,
        Operator::Less => left < right,
        Operator::LessOrEqual => left <= right,
        Operator::Greater => left > right,
        Operator::GreaterOrEqual => left >= right,
        _ => false,
    }
}

/// `left operator right` for two values of an event.
pub(crate) fn compare_values(operator: Operator, left: Value<'_>, right: Value<'_>) -> bool {
    if let (Some(left), Some(right)) = (number_of(left), number_of(right)) {
        return compare_partial(operator, &left, &right);
    }
    if let (Some(left), Some(right)) = (text_of(left), text_of(right)) {
        return compare_texts(operator, left, right);
    }
    match (left, right) {
        (Value::Double(left), Value::Double(right)) => compare_partial(operator, &left, &right),
        (Value::Ip(left), Value::Ip(right)) => compare_partial(operator, &left, &right),
        _ => false,
    }
}

fn compare_texts(operator: Operator, left: &[u8], right: &[u8]) -> bool {
    match operator {
        Operator::StartsWith | Operator::BStartsWith => left.starts_with(right),
        Operator::EndsWith => left.ends_with(right),
        Operator::Contains | Operator::BContains => memchr::memmem::find(left, right).is_some(),
        Operator::IContains => {
            right.is_empty()
                || left
                    .windows(right.len())
                    .any(|window| window.eq_ignore_ascii_case(right))
        }
        Operator::Glob => Glob::new(right, false).matches(left),
        Operator::IGlob => Glob::new(right, true).matches(left),
        _ => compare_partial(operator, left, right),
    }
}
