//! Going on after a mistake. Reading a good template costs nothing of this: only when there is a mistake, the text is cut
//! into tags and read again, and each tag that cannot be read is reported and passed over.

use std::collections::BTreeSet;
use std::sync::Arc;

use ade_diagnostic::{Diagnostic, SourceFile, Span, did_you_mean};
use minijinja::machinery::Token;

use super::ast::{Body, Expr, ExprKind, Stmt, StmtKind};
use super::parser::{Mistake, Parsed, Parser, tokens};
use super::segment::{Segment, segments, word};

/// Tags that open a block, and the tag that closes it.
const BLOCKS: [(&str, &str); 10] = [
    ("if", "endif"),
    ("for", "endfor"),
    ("macro", "endmacro"),
    ("test", "endtest"),
    ("data_test", "enddata_test"),
    ("materialization", "endmaterialization"),
    ("snapshot", "endsnapshot"),
    ("call", "endcall"),
    ("filter", "endfilter"),
    ("with", "endwith"),
];

/// What could be read of a template with mistakes.
pub(crate) struct Recovered {
    /// The tags without a mistake. The inside of a block whose first tag could not be read is in a branch that is not taken.
    pub(crate) body: Body,
    pub(crate) mistakes: Vec<Diagnostic>,
    /// Every name in a tag that could not be read: it may be set there.
    pub(crate) doubtful: BTreeSet<Arc<str>>,
}

/// The state of a reader that goes on after mistakes.
#[derive(Default)]
pub(super) struct Recovery {
    mistakes: Vec<Mistake>,
    doubtful: BTreeSet<Arc<str>>,
    /// The first token of every segment, in order.
    starts: Vec<usize>,
    /// Tags that have no tokens: their `{%` or `{{`, and the mistake.
    unreadable: Vec<(usize, Option<Mistake>)>,
    /// The closing tags of the blocks that are open, outermost first.
    open: Vec<Vec<String>>,
    /// A closing tag that stands for the one that is expected.
    slip: Option<usize>,
}

/// Reads some bytes of a file, past all mistakes.
pub(crate) fn recover(file: &Arc<SourceFile>, part: Span) -> Recovered {
    let text = file.slice(part);
    let mut recovery = Recovery::default();
    let mut all = Vec::new();
    for segment in segments(text) {
        recovery.starts.push(all.len());
        match segment {
            Segment::Text(span) => {
                let data = &text[span.start..span.end];
                all.push((Token::TemplateData(data), span.shifted(part.start)));
            }
            Segment::Tag(span) => match tokens(&text[span.start..span.end], part.start + span.start) {
                Ok(found) => all.extend(found),
                Err(mistake) => {
                    recovery.unreadable.push((all.len(), Some(mistake)));
                    all.push((Token::BlockStart, span.shifted(part.start)));
                }
            },
            Segment::Open(span) => {
                // What it is, the lexer says.
                if let Err(mistake) = tokens(&text[span.start..span.end], part.start + span.start) {
                    recovery.mistakes.push(mistake);
                }
            }
        }
    }
    recovery.starts.push(all.len());
    let mut parser = Parser::new(file, all, part.end);
    parser.recovery = Some(recovery);
    let body = parser.whole();
    let recovery = parser.recovery.unwrap_or_default();
    let mut mistakes: Vec<Diagnostic> = recovery.mistakes.into_iter().map(|mistake| mistake.report(file)).collect();
    mistakes.sort_by(|left, right| left.location.cmp(&right.location));
    mistakes.dedup();
    Recovered { body, mistakes, doubtful: recovery.doubtful }
}

impl Parser<'_> {
    /// Everything up to the end, over closing tags that close nothing.
    fn whole(&mut self) -> Body {
        let mut body = Body::new();
        loop {
            match self.body(&[]) {
                Ok(more) => body.extend(more),
                Err(mistake) => self.pass(mistake),
            }
            if self.peek().is_none() {
                return body;
            }
        }
    }

    /// Takes a mistake in the tag that is being read, and goes to the end of that tag. Gives the mistake back when the first
    /// one ends the reading.
    pub(super) fn forgive<T>(&mut self, parsed: Parsed<T>, instead: impl FnOnce(Span) -> T) -> Parsed<T> {
        match parsed {
            Err(mistake) if self.recovery.is_some() => {
                let span = mistake.span;
                self.pass(mistake);
                Ok(instead(span))
            }
            other => other,
        }
    }

    /// Notes a mistake and what the tag with it may have set, and goes to the tag's end.
    fn pass(&mut self, mistake: Mistake) {
        let last = self.at.saturating_sub(1);
        let (tag, end) = self.segment_of(last);
        let names = tag.map(|tag| names_set_by(self.file.slice(tag))).unwrap_or_default();
        self.at = end.max(last + 1);
        if let Some(recovery) = &mut self.recovery {
            recovery.mistakes.push(mistake);
            recovery.doubtful.extend(names);
        }
    }

    /// The bytes of the segment that a token belongs to, and the first token after it.
    fn segment_of(&self, token: usize) -> (Option<Span>, usize) {
        let starts = self.recovery.as_ref().map(|recovery| recovery.starts.as_slice()).unwrap_or_default();
        let next = starts.partition_point(|start| *start <= token);
        let end = starts.get(next).copied().unwrap_or(self.tokens.len()).min(self.tokens.len());
        let start = next.checked_sub(1).map_or(0, |before| starts[before]).min(end);
        let spans = self.tokens[start..end].iter().map(|(_, span)| *span);
        (spans.reduce(Span::to), end)
    }

    /// Why the tag at a token could not be cut into tokens, the first time that it is asked.
    pub(super) fn unreadable(&mut self, token: usize) -> Option<Mistake> {
        let recovery = self.recovery.as_mut()?;
        let index = recovery.unreadable.binary_search_by_key(&token, |(start, _)| *start).ok()?;
        recovery.unreadable[index].1.take()
    }

    /// What a tag that could not be read was to be: if it opens a block, the block's inside is read. `tag` is its first token.
    pub(super) fn recovered(&mut self, tag: usize, mistake: Mistake) -> Option<Stmt> {
        let span = self.segment_of(tag).0?;
        let text = self.file.slice(span);
        let (first, assigns) = (word(text), text.contains('='));
        self.pass(mistake);
        let closing = match first {
            _ if text.starts_with("{{") => return None,
            "set" if assigns => return None,
            "set" => "endset".to_owned(),
            first => self.closing_of(first)?,
        };
        Some(self.untaken(span, &closing))
    }

    /// The tag that closes the block which a word opens, or seems to open.
    fn closing_of(&self, first: &str) -> Option<String> {
        if let Some((_, closing)) = BLOCKS.iter().find(|(word, _)| *word == first) {
            return Some((*closing).to_owned());
        }
        let own = format!("end{first}");
        if self.comes_later(&own) {
            return Some(own);
        }
        let like = BLOCKS.iter().find(|(word, _)| did_you_mean(first, [*word]).is_some());
        like.filter(|(_, closing)| self.comes_later(closing)).map(|(_, closing)| (*closing).to_owned())
    }

    /// The inside of a block whose first tag could not be read, as a branch that is not taken.
    fn untaken(&mut self, tag: Span, closing: &str) -> Stmt {
        let mut inside = Body::new();
        let (depth, loops) = (self.depth, self.loops);
        self.loops += 1;
        loop {
            let parsed = self.body(&["elif", "else", closing]);
            match parsed {
                Ok(more) => inside.extend(more),
                Err(mistake) => self.pass(mistake),
            }
            let ends = !["elif", "else"].iter().any(|word| self.word_is(word));
            if !ends {
                self.skip_tag();
                continue;
            }
            // A mistake of the closing tag is reported like any other.
            if let Err(mistake) = self.close(tag, &[closing]) {
                self.pass(mistake);
            }
            break;
        }
        (self.depth, self.loops) = (depth, loops);
        let never = Expr { kind: ExprKind::Bool(false), span: tag };
        Stmt { kind: StmtKind::If { branches: vec![(never, inside)], otherwise: Body::new() }, span: self.since(tag) }
    }

    fn skip_tag(&mut self) {
        self.at = self.segment_of(self.at).1;
    }

    /// Whether a tag with this word is to come that closes no block which opens before it.
    fn comes_later(&self, closing: &str) -> bool {
        let opening = BLOCKS.iter().find(|(_, known)| *known == closing).map_or("", |(word, _)| *word);
        let rest = self.tokens.get(self.at..).unwrap_or_default();
        let tags = rest.windows(2).filter(|pair| matches!(pair[0].0, Token::BlockStart));
        let mut open = 0_usize;
        for (second, _) in tags.map(|pair| &pair[1]) {
            match second {
                Token::Ident(word) if *word == opening => open += 1,
                Token::Ident(word) if *word == closing && open == 0 => return true,
                Token::Ident(word) if *word == closing => open -= 1,
                _ => {}
            }
        }
        false
    }

    /// Notes which closing tags a block waits for.
    pub(super) fn open_block(&mut self, until: &[&str]) {
        if let Some(recovery) = &mut self.recovery {
            recovery.open.push(until.iter().map(|word| (*word).to_owned()).collect());
        }
    }

    /// The reverse of [`Parser::open_block`].
    pub(super) fn leave_block(&mut self) {
        if let Some(recovery) = &mut self.recovery {
            recovery.open.pop();
        }
    }

    /// Whether the closing tag at the next word ends the innermost open block, although it is not the one that is expected:
    /// because a block around it waits for it, or because it is a slip.
    pub(super) fn ends_block(&mut self, until: &[&str]) -> bool {
        let Some(Token::Ident(word)) = self.peek() else { return false };
        let word = *word;
        if !(word.starts_with("end") || matches!(word, "else" | "elif")) {
            return false;
        }
        let Some(recovery) = &self.recovery else { return false };
        let outer = recovery.open.len().saturating_sub(1);
        if recovery.open[..outer].iter().any(|waits| waits.iter().any(|known| known == word)) {
            return true;
        }
        let Some(expected) = until.last().filter(|_| word.starts_with("end")) else { return false };
        if self.comes_later(expected) {
            return false;
        }
        let mistake = Self::unknown_tag(word, self.span());
        let at = self.at;
        if let Some(recovery) = &mut self.recovery {
            recovery.mistakes.push(mistake);
            recovery.slip = Some(at);
        }
        true
    }

    /// Takes a closing tag that stands for the one that is expected.
    pub(super) fn take_slip(&mut self) -> bool {
        let slip = self.recovery.as_ref().is_some_and(|recovery| recovery.slip == Some(self.at));
        if slip {
            self.skip_tag();
        }
        slip
    }

    /// Notes a block that is never closed, and goes on as if it were.
    pub(super) fn unclosed_here(&mut self, mistake: Mistake) -> Parsed<()> {
        match &mut self.recovery {
            Some(recovery) => {
                recovery.mistakes.push(mistake);
                // The word that follows belongs to a block around this one, which begins with its `{%`.
                self.at -= usize::from(matches!(self.tokens.get(self.at), Some((Token::Ident(_), _))));
                Ok(())
            }
            None => Err(mistake),
        }
    }
}

/// The names that a tag may set, whatever is wrong with it.
fn names_set_by(tag: &str) -> BTreeSet<Arc<str>> {
    let first = word(tag);
    let head = match first {
        _ if tag.starts_with("{{") => "",
        "if" | "elif" | "else" | "do" | "filter" => "",
        "macro" | "test" | "data_test" | "materialization" | "snapshot" | "call" | "with" => tag,
        "set" => tag.split('=').next().unwrap_or_default(),
        first if first.starts_with("end") => "",
        _ => tag.split(" in ").next().unwrap_or_default(),
    };
    let words = head.split(|next: char| !next.is_alphanumeric() && next != '_');
    let names = words.filter(|word| word.starts_with(|first: char| first.is_alphabetic() || first == '_'));
    names.filter(|word| *word != first).map(Arc::from).collect()
}
