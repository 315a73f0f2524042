//! The tactics of ATT&CK, by the tags of rules.
//!
//! In: tags, as Falco's rules spell them (`mitre_lateral_movement`). Out: tactics in the order in which an attack goes.

/// A tactic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tactic(usize);

/// Tags without their prefix, and names, in the order of the matrix.
const TACTICS: [(&str, &str); 14] = [
    ("reconnaissance", "Reconnaissance"),
    ("resource_development", "Resource Development"),
    ("initial_access", "Initial Access"),
    ("execution", "Execution"),
    ("persistence", "Persistence"),
    ("privilege_escalation", "Privilege Escalation"),
    ("defense_evasion", "Defense Evasion"),
    ("credential_access", "Credential Access"),
    ("discovery", "Discovery"),
    ("lateral_movement", "Lateral Movement"),
    ("collection", "Collection"),
    ("command_and_control", "Command and Control"),
    ("exfiltration", "Exfiltration"),
    ("impact", "Impact"),
];

impl Tactic {
    /// The tactic of a tag, if it is one.
    #[must_use]
    pub fn of_tag(tag: &str) -> Option<Tactic> {
        let tag = tag.to_ascii_lowercase();
        let name = tag.strip_prefix("mitre_")?;
        TACTICS.iter().position(|(tag, _)| *tag == name).map(Tactic)
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        TACTICS.get(self.0).map_or("", |(_, name)| name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tactics_are_told_from_other_tags() {
        let check = |tag: &str, tactic: Option<&str>| {
            assert_eq!(Tactic::of_tag(tag).map(Tactic::name), tactic, "{tag}");
        };
        check("mitre_persistence", Some("Persistence"));
        check("MITRE_Command_And_Control", Some("Command and Control"));
        check("mitre_", None);
        check("persistence", None);
        check("T1059", None);
        check("", None);
    }
}
