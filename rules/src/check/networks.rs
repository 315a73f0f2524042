//! Addresses where networks are meant, and networks where addresses are.
//!
//! Falco has a field for each, which differ by their last letters, and says of the other kind of value only that it is
//! invalid.

use std::net::IpAddr;

use super::Binder;
use crate::FieldType;
use crate::fields::Network;
use crate::ir::{Term, TermKind};

/// What to write instead of a value that is none of the field's type; nothing where that is not known.
pub(super) fn help(left: &Term, text: &str, binder: &Binder<'_>) -> Option<String> {
    let TermKind::Field(field) = &left.kind else {
        return None;
    };
    let name = binder.def(field.field).name;
    let other = |own: &str, others: &str| {
        let other = format!("{}{others}", name.strip_suffix(own)?);
        binder.may_be_field(&other).then_some(other)
    };
    match left.ty {
        FieldType::Ipaddr => {
            Network::parse(text)?;
            let other = other("ip", "net")?;
            Some(format!("`{other}` is compared with networks"))
        }
        FieldType::Ipnet => {
            let bits = match text.parse().ok()? {
                IpAddr::V4(_) => 32,
                IpAddr::V6(_) => 128,
            };
            let other = other("net", "ip")?;
            Some(format!(
                "`{other}` is compared with addresses; the network of this one alone is `{text}/{bits}`"
            ))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::Filter;
    use crate::testing::TestSchema;

    fn check(condition: &str, expected: Option<&str>) {
        let errors = Filter::compile(&TestSchema, condition).err();
        let errors = errors.expect("the condition is refused");
        let help = errors.first().and_then(|error| error.help.as_deref());
        assert_eq!(help, expected, "{condition}");
    }

    #[test]
    fn the_field_for_the_kind_of_value_is_named() {
        let networks = Some("`fd.net` is compared with networks");
        check("fd.ip = 10.0.0.0/8", networks);
        check("fd.ip in (10.0.0.1, \"fe80::/10\")", networks);
        check("fd.ip = 10.0.0.0/33", None);
        check("fd.ip = localhost", None);
        check(
            "fd.net = 10.0.0.1",
            Some(
                "`fd.ip` is compared with addresses; the network of this one alone is `10.0.0.1/32`",
            ),
        );
        check(
            "fd.net != \"::1\"",
            Some("`fd.ip` is compared with addresses; the network of this one alone is `::1/128`"),
        );
        check("fd.net = localhost", None);
    }
}
