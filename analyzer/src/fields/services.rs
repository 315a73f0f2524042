//! Names of well-known ports: a table of our own, since a replay asks no machine for its own.

/// Name, port; sorted by name.
const SERVICES: &[(&str, u16)] = &[
    ("bgp", 179),
    ("bootpc", 68),
    ("bootps", 67),
    ("cassandra", 9042),
    ("consul", 8500),
    ("docker", 2375),
    ("domain", 53),
    ("etcd-client", 2379),
    ("etcd-server", 2380),
    ("ftp", 21),
    ("ftp-data", 20),
    ("git", 9418),
    ("gopher", 70),
    ("http", 80),
    ("http-alt", 8080),
    ("https", 443),
    ("imap2", 143),
    ("imaps", 993),
    ("ipp", 631),
    ("irc", 6667),
    ("kerberos", 88),
    ("kubelet", 10250),
    ("ldap", 389),
    ("ldaps", 636),
    ("memcached", 11211),
    ("microsoft-ds", 445),
    ("mongodb", 27017),
    ("ms-sql-s", 1433),
    ("mysql", 3306),
    ("netbios-ns", 137),
    ("netbios-ssn", 139),
    ("nfs", 2049),
    ("ntp", 123),
    ("openvpn", 1194),
    ("pop3", 110),
    ("pop3s", 995),
    ("postgresql", 5432),
    ("rdp", 3389),
    ("redis", 6379),
    ("rsync", 873),
    ("rtsp", 554),
    ("sip", 5060),
    ("sip-tls", 5061),
    ("smtp", 25),
    ("snmp", 161),
    ("snmp-trap", 162),
    ("socks", 1080),
    ("ssh", 22),
    ("submission", 587),
    ("submissions", 465),
    ("sunrpc", 111),
    ("syslog", 514),
    ("telnet", 23),
    ("tftp", 69),
    ("time", 37),
    ("vnc", 5900),
    ("whois", 43),
    ("x11", 6000),
    ("xmpp-client", 5222),
    ("xmpp-server", 5269),
];

/// The port of a name.
pub(super) fn port(name: &str) -> Option<u16> {
    let place = SERVICES
        .binary_search_by(|(other, _)| (*other).cmp(name))
        .ok()?;
    SERVICES.get(place).map(|(_, port)| *port)
}

/// The first name of a port.
pub(super) fn name(port: u16) -> Option<&'static str> {
    let found = SERVICES.iter().find(|(_, other)| *other == port);
    found.map(|(name, _)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_found() {
        for (service, number) in SERVICES {
            assert_eq!(port(service), Some(*number), "{service}");
        }
        assert_eq!(port("no-such-service"), None);
        assert_eq!(name(22), Some("ssh"));
    }
}
