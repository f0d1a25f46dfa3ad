//! The first lines of a request.

/// More headers than this no client sends, whatever proxies add.
const MOST_HEADERS: usize = 100;

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
    /// Without what stands after `?`, nor the host where a proxy was asked for it.
    pub(crate) path: String,
    /// With names in lower case.
    headers: Vec<(String, String)>,
    pub(crate) length: Length,
    /// Whether the connection goes on behind it.
    pub(crate) stays: bool,
    /// Whether it is HTTP/1.0, which knows neither chunks nor a word before the body.
    pub(crate) is_old: bool,
}

/// Why a head is refused: with this status, and in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refused(pub(crate) u16, pub(crate) &'static str);

const NOT_HTTP: Refused = Refused(400, "this is not HTTP/1.1");

impl Head {
    /// Reads a head at the beginning of `bytes`; gives it with its length. `None`: it is not all there yet.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Option<(Self, usize)>, Refused> {
        let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
        let mut request = httparse::Request::new(&mut headers);
        let length = match request.parse(bytes) {
            Ok(httparse::Status::Complete(length)) => length,
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(httparse::Error::TooManyHeaders) => return Err(Refused(431, "there are too many headers")),
            Err(httparse::Error::Version) => return Err(Refused(505, "only HTTP/1.1 is spoken here")),
            Err(_) => return Err(NOT_HTTP),
        };
        // The parser takes a lone line feed for the end of a line, and others do not.
        let mut before = 0;
        for byte in &bytes[..length] {
            if *byte == b'\n' && before != b'\r' {
                return Err(NOT_HTTP);
            }
            before = *byte;
        }
        let text = |value: &[u8]| String::from_utf8_lossy(value).trim().to_owned();
        let headers: Vec<_> =
            request.headers.iter().map(|header| (header.name.to_ascii_lowercase(), text(header.value))).collect();
        let path = path_of(request.path.unwrap_or_default());
        let is_old = request.version == Some(0);
        let mut head = Self {
            method: request.method.unwrap_or_default().to_owned(),
            path,
            headers,
            length: Length::Known(0),
            stays: !is_old,
            is_old,
        };
        head.length = head.body_length()?;
        let hosts = head.all("host").count();
        if hosts > 1 || (hosts == 0 && !is_old) {
            return Err(Refused(400, "it does not name one host"));
        }
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

    /// All values of a header; `name` in lower case.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    fn body_length(&self) -> Result<Length, Refused> {
        let refused = |why| Err(Refused(400, why));
        let (mut lengths, mut encodings) = (self.all("content-length"), self.all("transfer-encoding"));
        match (lengths.next(), encodings.next()) {
            (None, None) => Ok(Length::Known(0)),
            // Whoever speaks HTTP/1.0 may pass such a body on as one without chunks.
            (_, Some(_)) if self.is_old => refused("HTTP/1.0 has no transfer encodings"),
            (None, Some(encoding)) if encoding.eq_ignore_ascii_case("chunked") && encodings.next().is_none() => {
                Ok(Length::Chunks)
            }
            (None, Some(_)) => Err(Refused(501, "only chunks are understood as a transfer encoding")),
            (Some(_), Some(_)) => refused("a length and a transfer encoding contradict each other"),
            (Some(length), None) => {
                let digits = !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit());
                let length = length.parse().ok().filter(|_| digits && lengths.next().is_none());
                length.map(Length::Known).ok_or(Refused(400, "the length is not one number"))
            }
        }
    }
}

/// The path of `/path?query`, and of `http://host/path?query`.
fn path_of(target: &str) -> String {
    let path = target.split('?').next().unwrap_or_default();
    match path.split_once("://") {
        Some((scheme, rest)) if !scheme.contains('/') => {
            rest.find('/').map_or_else(|| "/".to_owned(), |begin| rest[begin..].to_owned())
        }
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(lines: &[&str]) -> Result<Head, Refused> {
        let text = format!("POST /v1/batch?x=1 HTTP/1.1\r\nHost: x\r\n{}\r\n\r\n", lines.join("\r\n"));
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
            &["Transfer-Encoding: chunked, identity"],
            &["Transfer-Encoding : chunked"],
            &["Bad Header: x"],
            &["X: y", " folded: z"],
            &["X: y\nTransfer-Encoding: chunked"],
            &["X: y\rTransfer-Encoding: chunked"],
            &["Host: another"],
        ] {
            assert!(parse(lines).is_err(), "{lines:?}");
        }
        for text in [
            "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\n",
            "POST / HTTP/1.1\nHost: x\n\n",
            "POST / HTTP/2.0\r\nHost: x\r\n\r\n",
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        ] {
            assert!(Head::parse(text.as_bytes()).is_err(), "{text}");
        }
        let many: Vec<String> = (0..MOST_HEADERS).map(|number| format!("X-{number}: y")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(parse(&many).unwrap_err().0, 431);
        assert!(parse(&many[1..]).is_ok());
    }

    #[test]
    fn a_path_is_known_however_it_is_asked_for() {
        for (target, path) in [
            ("/v1/batch?x=1", "/v1/batch"),
            ("http://collector.example:80/v1/track", "/v1/track"),
            ("http://collector.example", "/"),
            ("/v1/x?to=http://y/z", "/v1/x"),
            ("*", "*"),
        ] {
            assert_eq!(path_of(target), path, "{target}");
        }
    }

    #[test]
    fn a_connection_stays_as_its_version_and_its_word_say() {
        assert!(parse(&["X: y"]).unwrap().stays);
        assert!(!parse(&["Connection: Close"]).unwrap().stays);
        let old = |header: &str| {
            let text = format!("GET / HTTP/1.0\r\n{header}\r\n\r\n");
            Head::parse(text.as_bytes()).unwrap().unwrap().0.stays
        };
        assert!(!old("Host: x") && old("Connection: keep-alive"));
        assert_eq!(parse(&["X: y"]).unwrap().path, "/v1/batch");
        assert!(Head::parse(b"POST / HTTP/1.1\r\nHost").unwrap().is_none());
    }
}
