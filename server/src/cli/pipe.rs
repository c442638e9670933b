//! Writing to where the reader may go away: `mini-raft … | head` is no error.

use std::io::{self, ErrorKind, Write};

/// Passes everything on until the reader has gone; from then on nothing, and that is no error.
pub(super) struct UntilClosed<W> {
    inner: W,
    closed: bool,
}

impl<W: Write> UntilClosed<W> {
    pub(super) fn new(inner: W) -> UntilClosed<W> {
        UntilClosed { inner, closed: false }
    }

    fn tolerate<T>(&mut self, result: io::Result<T>, if_closed: T) -> io::Result<T> {
        match result {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(if_closed)
            }
            result => result,
        }
    }
}

impl<W: Write> Write for UntilClosed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.closed {
            return Ok(bytes.len());
        }
        let result = self.inner.write(bytes);
        self.tolerate(result, bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.closed {
            return Ok(());
        }
        let result = self.inner.flush();
        self.tolerate(result, ())
    }
}

/// Prints to standard output.
pub(super) fn to_stdout(text: &str) -> io::Result<()> {
    bytes_to_stdout(text.as_bytes())
}

/// Passes bytes to standard output as they are.
pub(super) fn bytes_to_stdout(bytes: &[u8]) -> io::Result<()> {
    print(io::stdout().lock(), bytes)
}

/// Prints to standard error.
pub(super) fn to_stderr(text: &str) -> io::Result<()> {
    print(io::stderr().lock(), text.as_bytes())
}

fn print(stream: impl Write, bytes: &[u8]) -> io::Result<()> {
    let mut stream = UntilClosed::new(stream);
    stream.write_all(bytes)?;
    stream.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes this many bytes, then says that nobody reads any more.
    struct Closing(usize);

    impl Write for Closing {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            match self.0.checked_sub(bytes.len()) {
                Some(left) => {
                    self.0 = left;
                    Ok(bytes.len())
                }
                None => Err(ErrorKind::BrokenPipe.into()),
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_goes_away_is_no_error() {
        let mut stream = UntilClosed::new(Closing(4));
        for _ in 0..3 {
            stream.write_all(b"abc").expect("no error");
        }
        stream.flush().expect("no error");
        assert!(stream.closed);
    }

    #[test]
    fn any_other_error_is_told() {
        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(ErrorKind::StorageFull.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        assert!(UntilClosed::new(Full).write_all(b"abc").is_err());
    }
}
