//! A web server with files, which can be as unhelpful as real ones are.

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How a server treats one file.
#[derive(Debug, Clone, Default)]
pub struct WebFile {
    /// What it is.
    pub content: Vec<u8>,
    /// What it is called (`ETag`), as written in the header.
    pub tag: Option<String>,
    /// Whether pieces are given, and only the whole otherwise.
    pub pieces: bool,
    /// Whether `HEAD` is refused, and no answer says how large the file is.
    pub mute: bool,
    /// Answers of 503 before the first other one.
    pub failures: usize,
    /// Bodies that break off halfway before the first whole one.
    pub breaks: usize,
    /// An address that is answered in place of the file.
    pub redirect: Option<String>,
    /// What `Authorization` must say.
    pub authorization: Option<String>,
}

impl WebFile {
    /// A file as good servers give it.
    pub fn new(content: impl Into<Vec<u8>>, tag: &str) -> Self {
        Self { content: content.into(), tag: Some(format!("\"{tag}\"")), pieces: true, ..Self::default() }
    }
}

/// A request as it came.
#[derive(Debug, Clone)]
pub struct WebRequest {
    /// Method and path: `GET /a.csv`.
    pub line: String,
    /// Names in lower case.
    pub headers: HashMap<String, String>,
}

#[derive(Default)]
struct State {
    files: HashMap<String, WebFile>,
    requests: Vec<WebRequest>,
}

/// A server on a free port of this machine, for as long as the test runs.
#[derive(Clone)]
pub struct WebServer {
    port: u16,
    state: Arc<Mutex<State>>,
}

impl WebServer {
    /// Starts one without files.
    pub fn start() -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let server = Self { port: listener.local_addr()?.port(), state: Arc::default() };
        let state = Arc::clone(&server.state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&state);
                // Whoever goes away in the middle is no failure of the server.
                std::thread::spawn(move || drop(serve(&stream, &state)));
            }
        });
        Ok(server)
    }

    /// `http://127.0.0.1:PORT` and `path`.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Puts a file at a path that begins with `/`, with its query if it has one.
    pub fn put(&self, path: &str, file: WebFile) {
        let _ = lock(&self.state).files.insert(path.to_owned(), file);
    }

    /// What was asked for since the last time.
    pub fn requests(&self) -> Vec<WebRequest> {
        std::mem::take(&mut lock(&self.state).requests)
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Answers one request after the other.
fn serve(stream: &TcpStream, state: &Mutex<State>) -> io::Result<()> {
    let mut lines = BufReader::new(stream).lines();
    loop {
        let Some(first) = lines.next() else { return Ok(()) };
        let first = first?;
        let mut headers = HashMap::new();
        for line in lines.by_ref() {
            let line = line?;
            let Some((name, value)) = line.split_once(':') else { break };
            headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
        }
        let line = first.trim_end_matches(" HTTP/1.1").to_owned();
        let request = WebRequest { line, headers };
        let (file, is_failing, is_breaking) = {
            let mut state = lock(state);
            state.requests.push(request.clone());
            let path = request.line.split_once(' ').map_or("", |(_, path)| path).to_owned();
            let Some(file) = state.files.get_mut(&path) else {
                drop(state);
                respond(stream, "404 Not Found", &[], Some(b""), true)?;
                continue;
            };
            let is_failing = file.failures > 0;
            file.failures = file.failures.saturating_sub(1);
            let is_breaking = !is_failing && file.breaks > 0 && request.line.starts_with("GET");
            file.breaks -= usize::from(is_breaking);
            (file.clone(), is_failing, is_breaking)
        };
        if is_failing {
            respond(stream, "503 Service Unavailable", &["Retry-After: 0".to_owned()], Some(b""), true)?;
            continue;
        }
        if answer(stream, &request, &file, is_breaking)? {
            return Ok(());
        }
    }
}

/// Answers; whether the connection ends.
fn answer(stream: &TcpStream, request: &WebRequest, file: &WebFile, is_breaking: bool) -> io::Result<bool> {
    let said = |name: &str| request.headers.get(name).map(String::as_str);
    if let Some(to) = &file.redirect {
        respond(stream, "302 Found", &[format!("Location: {to}")], Some(b""), true)?;
        return Ok(false);
    }
    if file.authorization.as_deref().is_some_and(|wanted| said("authorization") != Some(wanted)) {
        respond(stream, "401 Unauthorized", &[], Some(b""), true)?;
        return Ok(false);
    }
    if said("if-match").is_some_and(|wanted| file.tag.as_deref() != Some(wanted)) {
        respond(stream, "412 Precondition Failed", &[], Some(b""), true)?;
        return Ok(false);
    }
    let mut headers: Vec<String> = file.tag.iter().map(|tag| format!("ETag: {tag}")).collect();
    if request.line.starts_with("HEAD") {
        let status = if file.mute { "405 Method Not Allowed" } else { "200 OK" };
        let length = if file.mute { 0 } else { file.content.len() };
        headers.push(format!("Content-Length: {length}"));
        respond(stream, status, &headers, None, false)?;
        return Ok(false);
    }
    let range = said("range").and_then(|range| range.strip_prefix("bytes=")?.split_once('-'));
    let range = range.and_then(|(first, last)| Some((first.parse::<usize>().ok()?, last.parse::<usize>().ok()?)));
    let length = file.content.len();
    let (status, body) = match range.filter(|_| file.pieces) {
        Some((first, _)) if first >= length => ("416 Range Not Satisfiable", &[][..]),
        Some((first, last)) => {
            let last = last.min(length - 1);
            headers.push(format!("Content-Range: bytes {first}-{last}/{length}"));
            ("206 Partial Content", &file.content[first..=last])
        }
        None => ("200 OK", file.content.as_slice()),
    };
    if is_breaking {
        headers.push(format!("Content-Length: {}", body.len()));
        respond(stream, status, &headers, Some(&body[..body.len() / 2]), false)?;
        stream.shutdown(std::net::Shutdown::Both)?;
        return Ok(true);
    }
    if file.mute {
        headers.push("Connection: close".to_owned());
        respond(stream, status, &headers, Some(body), false)?;
        stream.shutdown(std::net::Shutdown::Both)?;
        return Ok(true);
    }
    respond(stream, status, &headers, Some(body), true)?;
    Ok(false)
}

fn respond(
    mut stream: &TcpStream,
    status: &str,
    headers: &[String],
    body: Option<&[u8]>,
    sized: bool,
) -> io::Result<()> {
    let sizes = sized.then(|| format!("Content-Length: {}", body.map_or(0, <[u8]>::len)));
    let lines = headers.iter().chain(&sizes).map(String::as_str);
    let text = std::iter::once(format!("HTTP/1.1 {status}").as_str())
        .chain(lines)
        .chain(["", ""])
        .collect::<Vec<_>>()
        .join("\r\n");
    stream.write_all(text.as_bytes())?;
    stream.write_all(body.unwrap_or_default())?;
    stream.flush()
}
