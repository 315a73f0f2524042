//! When CPUs switched, and what reports say of the time that threads used.

/// When each CPU last switched: nanoseconds of boot time, by its number.
#[derive(Clone, Debug, Default)]
pub(in crate::state) struct Switches {
    last: Vec<Option<u64>>,
}

impl Switches {
    /// Notes a switch. Returns the time since the one before on the CPU; times that run backwards count as none.
    pub(in crate::state) fn switched(&mut self, cpu: u16, time: u64) -> Option<u64> {
        let place = usize::from(cpu);
        if place >= self.last.len() {
            self.last.resize(place + 1, None);
        }
        let before = self.last.get_mut(place)?.replace(time);
        before.map(|before| time.saturating_sub(before))
    }
}

/// Time used, in the ticks of Falco's reports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CpuTimes {
    /// In the program.
    pub user: u64,
    /// In the kernel.
    pub system: u64,
}

impl CpuTimes {
    /// What was used after another time.
    pub(in crate::state) fn since(self, before: CpuTimes) -> CpuTimes {
        CpuTimes {
            user: self.user.saturating_sub(before.user),
            system: self.system.saturating_sub(before.system),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cpu_has_its_own_switches() {
        let mut switches = Switches::default();
        assert_eq!(switches.switched(1, 100), None);
        assert_eq!(switches.switched(0, 150), None);
        assert_eq!(switches.switched(1, 170), Some(70));
        assert_eq!(switches.switched(1, 160), Some(0));
        assert_eq!(switches.switched(u16::MAX, 1), None);
    }
}
