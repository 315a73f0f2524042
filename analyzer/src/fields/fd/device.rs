//! Device numbers: the kernel keeps major and minor apart, `stat` and Falco mix them.

/// Bits of a minor number in the kernel's form.
const KERNEL_MINOR_BITS: u32 = 20;

/// A device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Device {
    pub(crate) major: u32,
    pub(crate) minor: u32,
}

impl Device {
    /// From the number that our recordings hold.
    pub(crate) fn of_kernel(device: u32) -> Device {
        Device {
            major: device >> KERNEL_MINOR_BITS,
            minor: device & ((1 << KERNEL_MINOR_BITS) - 1),
        }
    }

    /// From the number that `stat` gives and captures of Falco's hold.
    pub(crate) fn of_stat(device: u32) -> Device {
        Device {
            major: (device >> 8) & 0xfff,
            minor: (device & 0xff) | ((device >> 12) & 0xf_ff00),
        }
    }

    /// The number that `stat` gives.
    pub(crate) fn as_stat(self) -> u32 {
        (self.minor & 0xff) | (self.major << 8) | ((self.minor & !0xff) << 12)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_name_the_same_device() {
        let check = |kernel: u32, stat: u32, major: u32, minor: u32| {
            let device = Device { major, minor };
            assert_eq!(Device::of_kernel(kernel), device);
            assert_eq!(Device::of_stat(stat), device);
            assert_eq!(device.as_stat(), stat);
        };
        check(0, 0, 0, 0);
        check(254 << 20, 0xfe00, 254, 0);
        check(8 << 20 | 17, 0x811, 8, 17);
        check(259 << 20 | 0x12345, 0x1231_0345, 259, 0x12345);
    }
}
