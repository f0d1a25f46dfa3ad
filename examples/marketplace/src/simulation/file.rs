//! Files written line by line.

use std::{
    fmt,
    fs::File,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use flate2::{Compression, write::GzEncoder};

use crate::MarketplaceError;

pub(super) fn error(action: &'static str, path: &Path, source: io::Error) -> MarketplaceError {
    MarketplaceError::File { action, path: path.to_owned(), source }
}

/// A text file that is written line by line, compressed when its name ends in `.gz`.
pub(super) struct Lines {
    path: PathBuf,
    output: Output,
}

enum Output {
    Plain(BufWriter<File>),
    Gzip(Box<GzEncoder<BufWriter<File>>>),
}

impl Lines {
    pub(super) fn create(path: PathBuf) -> Result<Self, MarketplaceError> {
        let file = File::create(&path).map_err(|source| error("write", &path, source))?;
        let file = BufWriter::with_capacity(1 << 16, file);
        // The header's time stays zero, so that the same rows give the same bytes.
        let gzip = path.extension().is_some_and(|end| end == "gz");
        let output =
            if gzip { Output::Gzip(Box::new(GzEncoder::new(file, Compression::fast()))) } else { Output::Plain(file) };
        Ok(Self { path, output })
    }

    pub(super) fn line(&mut self, line: fmt::Arguments<'_>) -> Result<(), MarketplaceError> {
        let written = match &mut self.output {
            Output::Plain(file) => file.write_fmt(line).and_then(|()| file.write_all(b"\n")),
            Output::Gzip(file) => file.write_fmt(line).and_then(|()| file.write_all(b"\n")),
        };
        written.map_err(|source| error("write", &self.path, source))
    }

    pub(super) fn finish(self) -> Result<(), MarketplaceError> {
        let flushed = match self.output {
            Output::Plain(mut file) => file.flush(),
            Output::Gzip(file) => file.finish().and_then(|mut file| file.flush()),
        };
        flushed.map_err(|source| error("write", &self.path, source))
    }
}

/// A field of a CSV file, quoted when it must be.
pub(super) struct Field<'a>(pub(super) &'a str);

impl fmt::Display for Field<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.contains([',', '"', '\n', '\r']) {
            write!(f, "\"{}\"", self.0.replace('"', "\"\""))
        } else {
            f.write_str(self.0)
        }
    }
}
