//! Digests of keys, as many as there are: what does not fit into memory lies in files, split so that each part does.
use std::collections::HashSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// A digest of a key.
pub(super) type KeyDigest = [u8; 16];

/// Parts that digests are split into, by their first byte.
const PARTS: usize = 256;
/// Bytes that are kept in memory.
const IN_MEMORY_BYTES: usize = 32 << 20;

/// Digests of keys. Their files go with it.
pub(super) struct KeyDigests {
    parts: Vec<Vec<u8>>,
    in_memory_bytes: usize,
    limit_bytes: usize,
    folder: PathBuf,
    spilled: bool,
}

impl KeyDigests {
    /// None yet. `folder` is made when it is needed, and is nobody else's.
    pub(super) fn new(folder: PathBuf) -> Self {
        Self {
            parts: vec![Vec::new(); PARTS],
            in_memory_bytes: 0,
            limit_bytes: IN_MEMORY_BYTES,
            folder,
            spilled: false,
        }
    }

    /// Adds one.
    pub(super) fn add(&mut self, digest: &KeyDigest) -> io::Result<()> {
        self.parts[usize::from(digest[0])].extend_from_slice(digest);
        self.in_memory_bytes += digest.len();
        if self.in_memory_bytes >= self.limit_bytes { self.spill() } else { Ok(()) }
    }

    fn spill(&mut self) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        self.spilled = true;
        for (part, digests) in self.parts.iter_mut().enumerate() {
            let mut file = OpenOptions::new().create(true).append(true).open(path(&self.folder, part))?;
            file.write_all(digests)?;
            digests.clear();
        }
        self.in_memory_bytes = 0;
        Ok(())
    }

    fn part(&self, part: usize) -> io::Result<Vec<u8>> {
        let mut digests = Vec::new();
        if self.spilled {
            io::Read::read_to_end(&mut File::open(path(&self.folder, part))?, &mut digests)?;
        }
        digests.extend_from_slice(&self.parts[part]);
        Ok(digests)
    }

    /// Those of these that are none of the others.
    pub(super) fn without(&self, others: &Self) -> io::Result<HashSet<KeyDigest>> {
        let mut found = HashSet::new();
        for part in 0..PARTS {
            let (ours, theirs) = (self.part(part)?, others.part(part)?);
            let theirs: HashSet<&KeyDigest> = theirs.as_chunks::<16>().0.iter().collect();
            found.extend(ours.as_chunks::<16>().0.iter().filter(|digest| !theirs.contains(digest)));
        }
        Ok(found)
    }

    /// How many more there are than different ones.
    pub(super) fn repeated(&self) -> io::Result<u64> {
        let mut repeated = 0;
        for part in 0..PARTS {
            let digests = self.part(part)?;
            let all = digests.as_chunks::<16>().0;
            repeated += (all.len() - all.iter().collect::<HashSet<_>>().len()) as u64;
        }
        Ok(repeated)
    }
}

impl Drop for KeyDigests {
    fn drop(&mut self) {
        if self.spilled {
            // What stays goes with the folder of the process.
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

fn path(folder: &Path, part: usize) -> PathBuf {
    folder.join(format!("{part}.keys"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(number: u32) -> KeyDigest {
        let hash = blake3::hash(&number.to_le_bytes());
        std::array::from_fn(|place| hash.as_bytes()[place])
    }

    #[test]
    fn differences_are_the_same_in_memory_and_in_files() {
        let folder = tempfile::tempdir().unwrap();
        for limit_bytes in [usize::MAX, 1_000] {
            let made = |name: &str, numbers: std::ops::Range<u32>| {
                let mut digests = KeyDigests::new(folder.path().join(name));
                digests.limit_bytes = limit_bytes;
                numbers.for_each(|number| digests.add(&digest(number)).unwrap());
                digests
            };
            let (ours, theirs) = (made("ours", 0..5_000), made("theirs", 10..6_000));
            assert_eq!(ours.spilled, limit_bytes == 1_000);
            let gone = ours.without(&theirs).unwrap();
            assert_eq!(gone, (0..10).map(digest).collect());
            assert_eq!(theirs.without(&ours).unwrap().len(), 1_000);
            assert_eq!((ours.repeated().unwrap(), made("twice", 0..40).repeated().unwrap()), (0, 0));
            let mut twice = made("more", 0..400);
            (0..30).for_each(|number| twice.add(&digest(number)).unwrap());
            assert_eq!(twice.repeated().unwrap(), 30);
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "files go");
    }
}
