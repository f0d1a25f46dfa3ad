//! One message in the log.

/// What the first byte of a record says.
const DUPLICATE: u8 = 1;
const TOO_LONG: u8 = 2;

/// `sent_at` of a message that does not say when it was sent.
const NEVER: i64 = i64::MIN;

/// One message as it was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRecord {
    /// The source that it was sent to: whose write key it came with.
    pub source: String,
    /// When it arrived, in microseconds since 1970 in UTC.
    pub received_at: i64,
    /// When its request said that it was sent, by the clock of the sender.
    pub sent_at: Option<i64>,
    /// Digest of its id, by [`super::EventLogKey::digest`]; of one that came without, of the id that it was given.
    pub digest: u64,
    /// Whether a message with this id was there before. The writer says so.
    pub is_duplicate: bool,
    /// Whether it was longer than a message may be: then it is kept apart.
    pub is_too_long: bool,
    /// The message: a JSON object, or whatever came in its place.
    pub body: Vec<u8>,
}

impl EventRecord {
    pub(super) fn write(&self, to: &mut Vec<u8>) {
        to.push(u8::from(self.is_duplicate) * DUPLICATE + u8::from(self.is_too_long) * TOO_LONG);
        to.extend(self.received_at.to_le_bytes());
        to.extend(self.sent_at.unwrap_or(NEVER).to_le_bytes());
        to.extend(self.digest.to_le_bytes());
        for part in [self.source.as_bytes(), &self.body] {
            // A request of that size is not taken.
            to.extend(u32::try_from(part.len()).unwrap_or(u32::MAX).to_le_bytes());
            to.extend(part);
        }
    }

    /// All records of a block; `None` where it is not what was written.
    pub(super) fn read_all(mut block: &[u8]) -> Option<Vec<Self>> {
        let mut all = Vec::new();
        while !block.is_empty() {
            let [flag] = take::<1>(&mut block)?;
            let received_at = i64::from_le_bytes(take(&mut block)?);
            let sent_at = i64::from_le_bytes(take(&mut block)?);
            let digest = u64::from_le_bytes(take(&mut block)?);
            let source = String::from_utf8(part(&mut block)?.to_vec()).ok()?;
            let body = part(&mut block)?.to_vec();
            let sent_at = (sent_at != NEVER).then_some(sent_at);
            let (is_duplicate, is_too_long) = (flag & DUPLICATE != 0, flag & TOO_LONG != 0);
            all.push(Self { source, received_at, sent_at, digest, is_duplicate, is_too_long, body });
        }
        Some(all)
    }
}

fn take<const LENGTH: usize>(from: &mut &[u8]) -> Option<[u8; LENGTH]> {
    let (first, rest) = from.split_first_chunk::<LENGTH>()?;
    *from = rest;
    Some(*first)
}

fn part<'a>(from: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = usize::try_from(u32::from_le_bytes(take(from)?)).ok()?;
    let (part, rest) = from.split_at_checked(length)?;
    *from = rest;
    Some(part)
}
