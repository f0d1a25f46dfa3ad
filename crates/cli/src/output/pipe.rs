//! Output whose reader may go away before its end, as `head` does.
use std::io::{self, BufWriter, ErrorKind, Write};

/// Buffers bytes for a file or pipe, and remembers when nobody reads them any more. Whoever writes gets an error then, and
/// stops; [`Pipe::is_closed`] tells that it is no failure.
pub(crate) struct Pipe<W: Write> {
    inner: BufWriter<W>,
    closed: bool,
}

impl<W: Write> Pipe<W> {
    pub(crate) fn new(inner: W) -> Self {
        Self { inner: BufWriter::new(inner), closed: false }
    }

    /// Whether the reader went away. Formats wrap errors in their own, so that the error itself does not always say it.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed
    }

    /// Sends what is buffered on its way and gives back what it went to.
    pub(crate) fn into_inner(self) -> io::Result<W> {
        self.inner.into_inner().map_err(io::IntoInnerError::into_error)
    }

    fn noted<T>(&mut self, result: io::Result<T>) -> io::Result<T> {
        self.closed |= result.as_ref().is_err_and(|error| error.kind() == ErrorKind::BrokenPipe);
        result
    }
}

impl<W: Write> Write for Pipe<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let result = self.inner.write(bytes);
        self.noted(result)
    }

    fn flush(&mut self) -> io::Result<()> {
        let result = self.inner.flush();
        self.noted(result)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Refusing(ErrorKind);

    impl Write for Refusing {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn only_a_reader_that_went_away_closes_it() {
        for (kind, closed) in [(ErrorKind::BrokenPipe, true), (ErrorKind::StorageFull, false)] {
            let mut pipe = Pipe::new(Refusing(kind));
            assert!(pipe.write_all(b"row\n").and_then(|()| pipe.flush()).is_err());
            assert_eq!(pipe.is_closed(), closed, "{kind}");
        }
    }
}
