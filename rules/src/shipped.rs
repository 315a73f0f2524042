//! The rules that come with the program, for who gives none.
//!
//! In: the files of `rules/default`, as they were when the program was built. Out: their names and texts, in the order in which they load.
//! What a file means is for the loader to say, and whether they are wanted for the command line.

/// Name and text of each file.
///
/// They are in the program, so that it needs nothing beside it: what one copies to a machine that is looked into is one file.
pub const SHIPPED: &[(&str, &str)] = &[
    (
        "00_standard_lists.yaml",
        include_str!("../default/00_standard_lists.yaml"),
    ),
    (
        "01_standard_macros.yaml",
        include_str!("../default/01_standard_macros.yaml"),
    ),
    (
        "02_standard_choices.yaml",
        include_str!("../default/02_standard_choices.yaml"),
    ),
    ("10_acts.yaml", include_str!("../default/10_acts.yaml")),
    (
        "20_containers.yaml",
        include_str!("../default/20_containers.yaml"),
    ),
    (
        "30_execution.yaml",
        include_str!("../default/30_execution.yaml"),
    ),
    (
        "40_persistence.yaml",
        include_str!("../default/40_persistence.yaml"),
    ),
    (
        "50_privilege.yaml",
        include_str!("../default/50_privilege.yaml"),
    ),
    (
        "60_evasion.yaml",
        include_str!("../default/60_evasion.yaml"),
    ),
    (
        "70_credentials.yaml",
        include_str!("../default/70_credentials.yaml"),
    ),
    (
        "80_network.yaml",
        include_str!("../default/80_network.yaml"),
    ),
    ("90_broad.yaml", include_str!("../default/90_broad.yaml")),
];

#[cfg(test)]
mod tests {
    use super::SHIPPED;

    #[test]
    fn every_file_of_the_directory_in_the_order_of_their_names() {
        let directory = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("default");
        let mut there: Vec<_> = std::fs::read_dir(&directory)
            .expect("it is there")
            .map(|entry| entry.expect("an entry").path())
            .collect();
        there.sort();
        let read = |path: &std::path::PathBuf| {
            let name = path.file_name().expect("a name").to_string_lossy();
            let text = std::fs::read_to_string(path).expect("it is text");
            (name.into_owned(), text)
        };
        let there: Vec<_> = there.iter().map(read).collect();
        let shipped = SHIPPED.iter();
        let shipped: Vec<_> = shipped
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
            .collect();
        assert_eq!(shipped, there);
    }
}
