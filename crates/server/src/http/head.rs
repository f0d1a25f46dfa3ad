//! The first lines of a request.

/// More headers than this no client sends.
const MOST_HEADERS: usize = 64;

/// How long a body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Length {
    /// In bytes; 0 where there is none.
    Known(usize),
    /// It comes in chunks.
    Chunks,
}

/// The first lines of a request.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) method: String,
    /// Without what stands after `?`.
    pub(crate) path: String,
    /// With names in lower case.
    headers: Vec<(String, String)>,
    pub(crate) length: Length,
    /// Whether the connection goes on behind it.
    pub(crate) stays: bool,
}

/// Why a head is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refused(pub(crate) &'static str);

impl Head {
    /// Reads a head at the beginning of `bytes`; gives it with its length. `None`: it is not all there yet.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Option<(Self, usize)>, Refused> {
        let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
        let mut request = httparse::Request::new(&mut headers);
        let length = match request.parse(bytes) {
            Ok(httparse::Status::Complete(length)) => length,
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(httparse::Error::TooManyHeaders) => return Err(Refused("there are too many headers")),
            Err(_) => return Err(Refused("this is not HTTP/1.1")),
        };
        let text = |value: &[u8]| String::from_utf8_lossy(value).trim().to_owned();
        let headers: Vec<_> =
            request.headers.iter().map(|header| (header.name.to_ascii_lowercase(), text(header.value))).collect();
        let path = request.path.unwrap_or_default();
        let path = path.split('?').next().unwrap_or_default().to_owned();
        let mut head = Self {
            method: request.method.unwrap_or_default().to_owned(),
            path,
            headers,
            length: Length::Known(0),
            stays: request.version == Some(1),
        };
        head.length = head.body_length()?;
        if let Some(connection) = head.header("connection") {
            let says = |word: &str| connection.split(',').any(|part| part.trim().eq_ignore_ascii_case(word));
            head.stays = (head.stays || says("keep-alive")) && !says("close");
        }
        Ok(Some((head, length)))
    }

    /// A header's value; `name` in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    fn body_length(&self) -> Result<Length, Refused> {
        let all =
            |name: &'static str| self.headers.iter().filter(move |(known, _)| known == name).map(|(_, value)| value);
        let (mut lengths, mut encodings) = (all("content-length"), all("transfer-encoding"));
        match (lengths.next(), encodings.next()) {
            (None, None) => Ok(Length::Known(0)),
            (None, Some(encoding)) if encoding.eq_ignore_ascii_case("chunked") && encodings.next().is_none() => {
                Ok(Length::Chunks)
            }
            (None, Some(_)) => Err(Refused("only chunks are understood as a transfer encoding")),
            (Some(_), Some(_)) => Err(Refused("a length and a transfer encoding contradict each other")),
            (Some(length), None) => {
                let digits = !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit());
                let length = length.parse().ok().filter(|_| digits && lengths.next().is_none());
                length.map(Length::Known).ok_or(Refused("the length is not one number"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(lines: &[&str]) -> Result<Head, Refused> {
        let text = format!("POST /v1/batch?x=1 HTTP/1.1\r\n{}\r\n\r\n", lines.join("\r\n"));
        Head::parse(text.as_bytes()).map(|found| found.unwrap().0)
    }

    #[test]
    fn what_could_be_understood_in_two_ways_is_refused() {
        assert_eq!(parse(&["Content-Length: 12"]).unwrap().length, Length::Known(12));
        assert_eq!(parse(&["Transfer-Encoding: chunked"]).unwrap().length, Length::Chunks);
        for lines in [
            &["Content-Length: 12", "Transfer-Encoding: chunked"][..],
            &["Content-Length: 12", "Content-Length: 13"],
            &["Content-Length: 12, 12"],
            &["Content-Length: +12"],
            &["Content-Length: -1"],
            &["Content-Length:"],
            &["Content-Length: 99999999999999999999999"],
            &["Transfer-Encoding: gzip, chunked"],
            &["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"],
            &["Bad Header: x"],
        ] {
            assert!(parse(lines).is_err(), "{lines:?}");
        }
    }

    #[test]
    fn a_connection_stays_as_its_version_and_its_word_say() {
        assert!(parse(&["Host: x"]).unwrap().stays);
        assert!(!parse(&["Connection: Close"]).unwrap().stays);
        let old = |header: &str| {
            let text = format!("GET / HTTP/1.0\r\n{header}\r\n\r\n");
            Head::parse(text.as_bytes()).unwrap().unwrap().0.stays
        };
        assert!(!old("Host: x") && old("Connection: keep-alive"));
        assert_eq!(parse(&["Host: x"]).unwrap().path, "/v1/batch");
        assert!(Head::parse(b"POST / HTTP/1.1\r\nHost").unwrap().is_none());
    }
}
