//! A small Rust package made from a seed: something real to build while recording.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::Result;

/// A sequence of numbers that looks random and is the same for the same seed (an xorshift generator).
struct Sequence(u64);

impl Sequence {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

/// Writes a package of `modules` modules, each with a few functions, into an empty directory.
///
/// # Errors
/// When it cannot be written.
pub fn write(directory: &Path, modules: u32, seed: u64) -> Result<()> {
    let sources = directory.join("src");
    fs::create_dir_all(&sources)?;
    fs::write(
        directory.join("Cargo.toml"),
        "[package]\nname = \"generated\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[workspace]\n",
    )?;
    let mut sequence = Sequence(seed.max(1));
    let mut main = String::new();
    let mut calls = String::new();
    for module in 0..modules {
        let mut text = String::new();
        for function in 0..4 {
            let (factor, rounds) = (sequence.next() % 1000, sequence.next() % 50);
            writeln!(
                text,
                "pub fn f{function}(x: u64) -> u64 {{ (0..{rounds}).fold(x, |sum, i| sum.wrapping_mul({factor}).wrapping_add(i)) }}"
            )?;
        }
        fs::write(sources.join(format!("m{module}.rs")), text)?;
        writeln!(main, "mod m{module};")?;
        writeln!(calls, "    x = m{module}::f{}(x);", sequence.next() % 4)?;
    }
    writeln!(
        main,
        "fn main() {{\n    let mut x = 1;\n{calls}    println!(\"{{x}}\");\n}}"
    )?;
    fs::write(sources.join("main.rs"), main)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_package() {
        let texts: Vec<String> = [7, 7, 8]
            .map(|seed| {
                let directory = tempfile::tempdir().expect("a directory");
                write(directory.path(), 3, seed).expect("written");
                fs::read_to_string(directory.path().join("src/m2.rs")).expect("a module")
            })
            .into();
        assert_eq!(texts[0], texts[1]);
        assert_ne!(texts[0], texts[2]);
    }
}
