//! What is replayed: the largest capture of the reference data, as it is and imported, and a generated one.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use falco_analyze::export::scap::{ScapSchema, export_scap};
use falco_analyze::pipeline::{Flow, Input, Opened, Part};
use falco_analyze::scap::{ImportOptions, import};
use falco_benches::generate::{Generator, Load};

/// The level at which the files are packed that `zstd -d` unpacks: zstd's default.
pub(crate) const LEVEL: i32 = 3;
/// Bytes of a segment of an import: what the recorder writes.
pub(crate) const SEGMENT_BYTES: u64 = 64 << 20;
/// The seed of the generated capture.
const SEED: u64 = 1;

/// A capture to be replayed, and the same events as a `.scap` file packed by zstd.
pub(crate) struct Subject {
    pub(crate) name: String,
    pub(crate) capture: PathBuf,
    pub(crate) packed: PathBuf,
    /// The same as a `.scap.gz` file, where it was given so.
    pub(crate) gzip: Option<PathBuf>,
    /// Whether it is the node that does some of everything.
    pub(crate) is_mixed: bool,
    /// What Falco takes of `zstd -d` with 25 and with 93 rules, as published.
    pub(crate) falco: Option<(f64, f64)>,
}

/// The largest capture of the reference data.
pub(crate) fn large(reference: &Path, directory: &Path) -> Result<Subject> {
    let gzip = reference.join("captures/live-large.scap.gz");
    let given = Input::open(&gzip)?;
    let Opened::Scap(scap) = &given.opened else {
        bail!("{} is no .scap file", gzip.display());
    };
    let capture = directory.join("live-large");
    let options = ImportOptions {
        segment_bytes: SEGMENT_BYTES,
    };
    import(scap, &capture, options, |_| Flow::Continue)?;
    let packed = directory.join("live-large.scap.zst");
    pack(scap.unpacked()?, &packed)?;
    Ok(Subject {
        name: "live-large, imported".to_owned(),
        capture,
        packed,
        gzip: Some(gzip),
        is_mixed: false,
        falco: Some((4.8, 10.0)),
    })
}

/// A generated capture, in our format and exported.
pub(crate) fn generated(load: (Load, &str), events: u64, directory: &Path) -> Result<Subject> {
    let (load, name) = load;
    let capture = directory.join(name);
    let mut generator = Generator::new(events, SEED);
    generator.load = load;
    generator.write(&capture)?;
    let packed = directory.join(format!("{name}.scap.zst"));
    let mut packer = zstd::stream::Encoder::new(File::create(&packed)?, LEVEL)?;
    export_scap(
        (&Input::open(&capture)?, &Part::whole()),
        None,
        ScapSchema::Today,
        &mut packer,
        &mut |_| Flow::Continue,
    )?;
    packer.finish()?;
    Ok(Subject {
        name: format!("generated, {name}"),
        capture,
        packed,
        gzip: None,
        is_mixed: load == Load::Mixed,
        falco: None,
    })
}

fn pack(from: impl io::Read, to: &Path) -> Result<()> {
    zstd::stream::copy_encode(from, File::create(to)?, LEVEL)?;
    Ok(())
}

/// A generated capture of a mixed load in segments and blocks of this size, which nothing is compared with.
pub(crate) fn alone(
    events: u64,
    (segment_bytes, block_rows): (u64, Option<usize>),
    (directory, name): (&Path, &str),
) -> Result<(PathBuf, u64)> {
    let capture = directory.join(name);
    let mut generator = Generator::new(events, SEED);
    generator.segment_bytes = segment_bytes;
    generator.block_rows = block_rows.unwrap_or(generator.block_rows);
    let generated = generator.write(&capture)?;
    Ok((capture, generated.bytes))
}
