//! The right-hand sides of comparisons, parsed by the type of the field they are compared with.
//!
//! In: the text of a value as the rule has it. Out: a [`Literal`], or a message why the text is none of that type.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;
use std::sync::Arc;

use super::{FieldType, Schema};
use crate::regex::Pattern;

/// A value in a rule, parsed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Literal {
    Bool(bool),
    Int(i64),
    Uint(u64),
    Double(f64),
    /// A string or a byte buffer's content.
    Text(Box<[u8]>),
    /// What a string is matched with.
    Pattern(Arc<Pattern>),
    Ip(IpAddr),
    Net(Network),
}

impl Literal {
    /// The bytes of a constant that is a text: which constants are is known from the type of what they are compared with.
    pub(crate) fn text(&self) -> &[u8] {
        match self {
            Self::Text(text) => text,
            other => unreachable!("texts are compared with texts, not with {other:?}"),
        }
    }
}

// Doubles come from decimal text, so equal bits are what equality of two rules' literals means.
impl Eq for Literal {}

impl std::hash::Hash for Literal {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        std::mem::discriminant(self).hash(state);
        match self {
            Self::Bool(value) => value.hash(state),
            Self::Int(value) => value.hash(state),
            Self::Uint(value) => value.hash(state),
            Self::Double(value) => value.to_bits().hash(state),
            Self::Text(value) => value.hash(state),
            Self::Pattern(value) => value.hash(state),
            Self::Ip(value) => value.hash(state),
            Self::Net(value) => value.hash(state),
        }
    }
}

/// An address range in CIDR notation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Network {
    V4 { base: u32, mask: u32 },
    V6 { base: u128, mask: u128 },
}

impl Network {
    /// Whether the address lies inside; never for an address of the other family.
    pub(crate) fn contains(&self, address: &IpAddr) -> bool {
        match (self, address) {
            (Self::V4 { base, mask }, IpAddr::V4(address)) => u32::from(*address) & mask == *base,
            (Self::V6 { base, mask }, IpAddr::V6(address)) => u128::from(*address) & mask == *base,
            _ => false,
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = text.split_once('/')?;
        let prefix: u32 = prefix.parse().ok()?;
        if let Ok(address) = Ipv4Addr::from_str(address) {
            // A shift by the whole width is the empty prefix's mask.
            let mask = u32::MAX
                .checked_shl(32_u32.checked_sub(prefix)?)
                .unwrap_or(0);
            return Some(Self::V4 {
                base: u32::from(address) & mask,
                mask,
            });
        }
        let address = Ipv6Addr::from_str(address).ok()?;
        let mask = u128::MAX
            .checked_shl(128_u32.checked_sub(prefix)?)
            .unwrap_or(0);
        Some(Self::V6 {
            base: u128::from(address) & mask,
            mask,
        })
    }
}

/// Parses `text` as a value of type `ty`; the error is the sentence for the diagnostic.
pub(crate) fn parse_literal(
    text: &str,
    ty: FieldType,
    schema: &dyn Schema,
) -> Result<Literal, String> {
    match ty {
        FieldType::Charbuf | FieldType::Fspath | FieldType::Fsrelpath | FieldType::Bytebuf => {
            Ok(Literal::Text(text.as_bytes().into()))
        }
        FieldType::Bool => match text {
            "true" => Ok(Literal::Bool(true)),
            "false" => Ok(Literal::Bool(false)),
            _ => Err(format!(
                "'{text}' is not a valid boolean: it must be 'true' or 'false'"
            )),
        },
        FieldType::Double => text
            .parse()
            .map(Literal::Double)
            .map_err(|_| format!("'{text}' is not a valid number")),
        FieldType::Port => parse_port(text, schema),
        FieldType::Ipaddr => IpAddr::from_str(text)
            .map(Literal::Ip)
            .map_err(|_| format!("'{text}' is not a valid IP address")),
        FieldType::Ipnet => Network::parse(text)
            .map(Literal::Net)
            .ok_or_else(|| format!("'{text}' is not a valid network in CIDR notation")),
        FieldType::Sockaddr | FieldType::Socktuple => {
            Err("values of this type cannot be compared with constants".to_owned())
        }
        _ => parse_number(text, ty),
    }
}

fn parse_port(text: &str, schema: &dyn Schema) -> Result<Literal, String> {
    if text.starts_with(|first: char| first.is_ascii_digit()) {
        return parse_number(text, FieldType::Port);
    }
    schema
        .service_port(text)
        .map(|port| Literal::Uint(u64::from(port)))
        .ok_or_else(|| format!("'{text}' is neither a port number nor the name of a known service"))
}

/// Decimal numbers, with a sign and leading blanks as C's `scanf` takes them; too large ones wrap to the type's width.
fn parse_number(text: &str, ty: FieldType) -> Result<Literal, String> {
    let invalid = || format!("'{text}' is not a valid number");
    let trimmed = text.trim_start();
    let (negative, digits) = match trimmed.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, trimmed.strip_prefix('+').unwrap_or(trimmed)),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(invalid());
    }
    let magnitude: u64 = digits.parse().unwrap_or(u64::MAX);
    let bits = width_bits(ty);
    if is_signed(ty) {
        let limit = i64::try_from(magnitude);
        let value = match (limit, negative) {
            (Ok(value), true) => -value,
            (Ok(value), false) => value,
            (Err(_), true) => i64::MIN,
            (Err(_), false) => i64::MAX,
        };
        let shift = 64 - bits;
        return Ok(Literal::Int((value << shift) >> shift));
    }
    let value = if negative {
        magnitude.wrapping_neg()
    } else {
        magnitude
    };
    Ok(Literal::Uint(if bits == 64 {
        value
    } else {
        value & ((1 << bits) - 1)
    }))
}

/// Whether values of the type carry a sign, and so arrive as [`super::Value::Int`].
pub(crate) fn is_signed(ty: FieldType) -> bool {
    matches!(
        ty,
        FieldType::Int8
            | FieldType::Int16
            | FieldType::Int32
            | FieldType::Int64
            | FieldType::Errno
            | FieldType::Fd
            | FieldType::Pid
    )
}

fn width_bits(ty: FieldType) -> u32 {
    match ty {
        FieldType::Int8 | FieldType::Uint8 | FieldType::Sigtype => 8,
        FieldType::Int16 | FieldType::Uint16 | FieldType::Port => 16,
        FieldType::Int32
        | FieldType::Uint32
        | FieldType::Uid
        | FieldType::Gid
        | FieldType::Flags
        | FieldType::Enumflags
        | FieldType::Mode => 32,
        _ => 64,
    }
}
