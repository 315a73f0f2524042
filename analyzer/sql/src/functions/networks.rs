//! `cidr_match(address, network)`: whether an address lies in a network.
//!
//! In: addresses and networks as text. Out: true or false; NULL where one is NULL, and where what stands for an address is none.
//! An IPv4 address that is written in IPv6 counts as the IPv4 address that it is. A network without a length is one address.

use std::net::IpAddr;
use std::sync::Arc;

use arrow::array::{Array, AsArray as _, BooleanArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{Result, ScalarValue, exec_datafusion_err, plan_datafusion_err};
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};

const NAME: &str = "cidr_match";
const IPV4_BITS: u32 = 32;
const IPV6_BITS: u32 = 128;

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct CidrMatch {
    signature: Signature,
}

impl CidrMatch {
    pub(super) fn new() -> Self {
        CidrMatch {
            signature: Signature::string(2, Volatility::Immutable),
        }
    }
}

impl ScalarUDFImpl for CidrMatch {
    fn name(&self) -> &str {
        NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    /// A network that is written down and is none is an error before anything is read.
    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        if let [_, Some(network)] = args.scalar_arguments
            && let Some(text) = network.try_as_str().flatten()
        {
            network_of(text).map_err(|said| plan_datafusion_err!("{NAME}: {said}"))?;
        }
        Ok(Arc::new(Field::new(NAME, DataType::Boolean, true)))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let is_scalar = args
            .args
            .iter()
            .all(|argument| matches!(argument, ColumnarValue::Scalar(_)));
        let rows = if is_scalar { 1 } else { args.number_rows };
        let mut texts = args.args.into_iter().map(|argument| {
            let array = argument.into_array(rows)?;
            Ok(cast(&array, &DataType::Utf8)?)
        });
        let mut next = || {
            texts
                .next()
                .unwrap_or_else(|| Err(exec_datafusion_err!("{NAME} takes two arguments")))
        };
        let (addresses, networks) = (next()?, next()?);
        let found = matched(addresses.as_string::<i32>(), networks.as_string::<i32>())?;
        if is_scalar {
            let value = found.is_valid(0).then(|| found.value(0));
            return Ok(ColumnarValue::Scalar(ScalarValue::Boolean(value)));
        }
        Ok(ColumnarValue::Array(Arc::new(found)))
    }
}

fn matched(
    addresses: &arrow::array::StringArray,
    networks: &arrow::array::StringArray,
) -> Result<BooleanArray> {
    // Nearly always all rows have the same network.
    let mut known: Option<(&str, Network)> = None;
    let pairs = addresses.iter().zip(networks.iter());
    pairs
        .map(|(address, network)| {
            let (Some(address), Some(text)) = (address, network) else {
                return Ok(None);
            };
            let network = match known {
                Some((before, network)) if before == text => network,
                _ => network_of(text).map_err(|said| exec_datafusion_err!("{NAME}: {said}"))?,
            };
            known = Some((text, network));
            let address: Option<IpAddr> = address.parse().ok();
            Ok(address.map(|address| network.has(address)))
        })
        .collect()
}

/// A network: its first address, how many bits count, and how many there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Network {
    bits: u128,
    length: u32,
    width: u32,
}

impl Network {
    fn has(self, address: IpAddr) -> bool {
        let (bits, width) = bits_of(address);
        let rest = width.saturating_sub(self.length);
        // Nothing counts of a network of all addresses.
        let shifted = |bits: u128| bits.checked_shr(rest).unwrap_or(0);
        width == self.width && shifted(bits) == shifted(self.bits)
    }
}

fn bits_of(address: IpAddr) -> (u128, u32) {
    match address.to_canonical() {
        IpAddr::V4(address) => (u128::from(address.to_bits()), IPV4_BITS),
        IpAddr::V6(address) => (address.to_bits(), IPV6_BITS),
    }
}

fn network_of(text: &str) -> Result<Network, String> {
    let refused = || format!("'{text}' is no network such as 10.0.0.0/8 or fd00::/8");
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address, Some(length)),
        None => (text, None),
    };
    let address: IpAddr = address.parse().map_err(|_| refused())?;
    let (bits, width) = bits_of(address);
    let is_number = |length: &&str| length.bytes().all(|byte| byte.is_ascii_digit());
    let length = match length {
        None => width,
        Some(length) => {
            let length = Some(length).filter(is_number);
            let length: Option<u32> = length.and_then(|length| length.parse().ok());
            let length = length.ok_or_else(refused)?;
            // The length of a mapped address counts the bits in front of it.
            let mapped = match address {
                IpAddr::V6(_) if width == IPV4_BITS => IPV6_BITS - IPV4_BITS,
                _ => 0,
            };
            let length = length.checked_sub(mapped).ok_or_else(refused)?;
            Some(length)
                .filter(|&length| length <= width)
                .ok_or_else(refused)?
        }
    };
    Ok(Network {
        bits,
        length,
        width,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(address: &str, network: &str, expected: bool) {
        let network = network_of(network).expect("a network");
        let address = address.parse().expect("an address");
        assert_eq!(network.has(address), expected);
    }

    #[test]
    fn an_address_lies_in_a_network_or_not() {
        check("10.1.2.3", "10.0.0.0/8", true);
        check("11.1.2.3", "10.0.0.0/8", false);
        check("10.1.2.3", "10.1.2.3", true);
        check("10.1.2.4", "10.1.2.3", false);
        check("10.1.2.3", "10.9.9.9/8", true);
        check("192.0.2.129", "192.0.2.128/25", true);
        check("192.0.2.127", "192.0.2.128/25", false);
        check("10.1.2.3", "0.0.0.0/0", true);
        check("10.1.2.3", "::/0", false);
        check("::1", "::/0", true);
        check("fd00::1", "fd00::/8", true);
        check("fe80::1", "fd00::/8", false);
        check("2001:db8::1", "2001:db8::1/128", true);
        check("::ffff:10.1.2.3", "10.0.0.0/8", true);
        check("10.1.2.3", "::ffff:10.0.0.0/104", true);
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in [
            "",
            "10.0.0.0/33",
            "::/129",
            "10.0.0/8",
            "x",
            "10.0.0.0/",
            "10.0.0.0/+8",
            "10.0.0.0/-1",
            "::ffff:10.0.0.0/8",
        ] {
            assert!(network_of(text).is_err(), "{text}");
        }
    }
}
