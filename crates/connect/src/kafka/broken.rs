//! Messages that no row can be made of, told apart from the others.

use super::message::Message;
use super::options::KeyUse;
use super::parse::Parsing;
use crate::{ConnectError, RejectedRecord};

impl Parsing {
    /// What `read` makes of messages; where some are broken and such are wanted apart, of the others.
    pub(crate) fn apart<T>(
        &self,
        messages: &[Message],
        read: impl Fn(&[Message]) -> Result<T, ConnectError>,
    ) -> Result<(T, Vec<RejectedRecord>), ConnectError> {
        match read(messages) {
            Err(ConnectError::Malformed { .. }) if self.rejects => {
                let (sound, rejected) = self.parted(messages);
                Ok((read(&sound)?, rejected))
            }
            result => Ok((result?, Vec::new())),
        }
    }

    /// The messages that rows can be made of, and the others as they came.
    pub(crate) fn parted(&self, messages: &[Message]) -> (Vec<Message>, Vec<RejectedRecord>) {
        let mut sound = Vec::with_capacity(messages.len());
        let mut rejected = Vec::new();
        for message in messages {
            match self.check(message) {
                Err(ConnectError::Malformed { reason, .. }) => rejected.push(self.rejected(message, reason)),
                // What else may be wrong is not this message's.
                Ok(()) | Err(_) => sound.push(message.clone()),
            }
        }
        (sound, rejected)
    }

    /// Of a message without a value, all that there is is its key.
    fn rejected(&self, message: &Message, reason: String) -> RejectedRecord {
        let record = message.value.as_ref().or(message.key.as_ref());
        RejectedRecord {
            place: self.place(message).to_string().replace('`', ""),
            rule: RejectedRecord::BROKEN,
            reason,
            record: record.map(|bytes| bytes.to_vec()).unwrap_or_default(),
        }
    }

    /// A tombstone says by its key alone what is gone.
    pub(super) fn check_key(&self, message: &Message) -> Result<(), ConnectError> {
        if message.value.is_some() || message.key.is_some() || self.options.key == KeyUse::None {
            return Ok(());
        }
        Err(ConnectError::Malformed {
            place: Box::new(self.place(message)),
            reason: "the message has neither a value nor a key: it does not say what is gone".to_owned(),
            advice: "correct what writes to the topic, or set `message_key: none`".to_owned(),
        })
    }
}
