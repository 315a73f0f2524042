//! The key that signs now, and the certificates that lead to it from the first.
//!
//! All certificates lie beside the key, and a copy of them in the root that is recorded to, so that a capture which leaves the node has what an examiner needs.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use falco_format::limits::CERTIFICATES_BYTES_MAX;
use falco_format::{CERTIFICATES_FILE, Certificate, Directory, EpochKey};
use rustix::fs::OFlags;

use super::key_file::{KeyError, KeyFile, failed};

/// A key in use.
#[derive(Debug)]
pub struct Signer {
    file: KeyFile,
    key: EpochKey,
    /// The certificates beside the key.
    certificates: File,
    /// The copy of them in the root.
    copy: Option<File>,
    root: Arc<Directory>,
}

impl Signer {
    /// Takes a key, and puts its certificates into the root.
    pub fn open(path: &Path, root: Arc<Directory>) -> Result<Signer, KeyError> {
        let (file, key) = KeyFile::open(path)?;
        let beside = certificates_path(path);
        let flags = OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let flags = i32::try_from(flags.bits()).unwrap_or_default();
        let mut options = OpenOptions::new();
        let options = options.read(true).append(true).create(true).mode(0o600);
        let certificates = options.custom_flags(flags).open(&beside);
        let certificates = certificates.map_err(failed("open the certificates", &beside))?;
        let mut signer = Signer {
            file,
            key,
            certificates,
            copy: None,
            root,
        };
        signer.copy_to_root()?;
        Ok(signer)
    }

    /// The key that signs now.
    pub fn key(&self) -> &EpochKey {
        &self.key
    }

    /// Goes on in another root, where the one before is gone.
    pub fn move_to(&mut self, root: &Arc<Directory>) -> Result<(), KeyError> {
        self.root = Arc::clone(root);
        self.copy_to_root()
    }

    /// Replaces the key by the next, which it vouches for; afterwards nobody can sign with it again.
    /// Where that fails the key stays, and signs the next segment as well.
    pub fn replace(&mut self) -> Result<(), KeyError> {
        let path = self.file.path().to_path_buf();
        let next = self
            .key
            .next()
            .map_err(failed("draw the next key for", &path))?;
        let Some(signature) = next.certificate() else {
            return Ok(());
        };
        let certificate = Certificate {
            epoch: next.epoch(),
            public: next.public(),
            signature,
        };
        let line = format!("{}\n", certificate.to_line());
        let kept = append(&mut self.certificates, &line);
        kept.map_err(failed("write the certificates of", &path))?;
        self.file.replace(&next)?;
        self.key = next;
        // The copy is only nearer at hand: the next segment carries the certificate as well.
        if let Some(copy) = &mut self.copy {
            let place = self.root.path().join(CERTIFICATES_FILE);
            append(copy, &line).map_err(failed("write", &place))?;
        }
        Ok(())
    }

    /// Makes the root's copy anew: another key may have been used there, or the copy was damaged.
    fn copy_to_root(&mut self) -> Result<(), KeyError> {
        let path = self.root.path().join(CERTIFICATES_FILE);
        let unfinished = format!("{CERTIFICATES_FILE}.{}", std::process::id());
        let (name, unfinished) = (CERTIFICATES_FILE.as_ref(), unfinished.as_ref());
        let mut lines = self
            .lines()
            .map_err(failed("read the certificates of", self.file.path()))?;
        let theirs = self
            .root
            .read(name)
            .map(|file| known(&file))
            .unwrap_or_default();
        lines.extend(
            theirs
                .into_iter()
                .filter(|one| !lines.contains(one))
                .collect::<Vec<_>>(),
        );
        let made = self.root.create(unfinished).and_then(|mut copy| {
            for certificate in &lines {
                writeln!(copy, "{}", certificate.to_line())?;
            }
            copy.sync_data()?;
            self.root.rename(unfinished, name)?;
            Ok(copy)
        });
        if made.is_err() {
            let _ = self.root.remove(unfinished);
        }
        self.copy = Some(made.map_err(failed("write", &path))?);
        Ok(())
    }

    fn lines(&self) -> io::Result<Vec<Certificate>> {
        use std::io::Seek as _;
        let mut file = &self.certificates;
        file.rewind()?;
        Ok(known(file))
    }
}

/// The certificates in a file; what is none says nothing.
fn known(file: &File) -> Vec<Certificate> {
    let lines = BufReader::new(file.take(CERTIFICATES_BYTES_MAX)).lines();
    lines
        .map_while(Result::ok)
        .filter_map(|line| Certificate::of_line(&line).ok())
        .collect()
}

fn append(file: &mut File, line: &str) -> io::Result<()> {
    file.write_all(line.as_bytes())?;
    file.sync_data()
}

/// Where the certificates of a key lie.
fn certificates_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".certificates");
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_root_has_all_certificates() {
        let folder = tempfile::tempdir().expect("a directory");
        let key = folder.path().join("key");
        KeyFile::make(&key).expect("a key");
        let root = |name: &str| {
            let path = folder.path().join(name);
            Arc::new(Directory::open_or_make(&path).expect("a directory"))
        };
        let epochs = |root: &Directory| -> Vec<u64> {
            let file = root.read(CERTIFICATES_FILE.as_ref()).expect("a file");
            known(&file).iter().map(|one| one.epoch).collect()
        };
        let (first, second) = (root("first"), root("second"));
        let mut signer = Signer::open(&key, Arc::clone(&first)).expect("a key");
        signer.replace().expect("replaced");
        signer.replace().expect("replaced");
        assert_eq!((signer.key().epoch(), epochs(&first)), (2, vec![1, 2]));
        signer.move_to(&second).expect("moved");
        signer.replace().expect("replaced");
        assert_eq!(
            (epochs(&first), epochs(&second)),
            (vec![1, 2], vec![1, 2, 3])
        );
        drop(signer);
        let signer = Signer::open(&key, Arc::clone(&first)).expect("a key");
        assert_eq!((signer.key().epoch(), epochs(&first)), (3, vec![1, 2, 3]));
    }
}
