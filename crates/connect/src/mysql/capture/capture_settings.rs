//! What is set for capturing from a server.

use crate::Settings;

/// What is set for capturing from a server.
#[derive(Debug, Clone, Default)]
pub(crate) struct CaptureSettings {
    /// The number under which the server knows us as one that reads its log.
    server_id: Option<u32>,
}

impl CaptureSettings {
    /// From the settings of a connection.
    pub(crate) fn new(settings: &Settings) -> Self {
        Self { server_id: settings.integer("server_id").and_then(|number| u32::try_from(number).ok()) }
    }

    /// That number. A server ends the session of another reader with the same one, so by default it is made of who captures
    /// and from where: from 2^30 to 2^31, where people seldom number their servers.
    pub(crate) fn server_id(&self, consumer: &str, server: &str) -> u32 {
        self.server_id.unwrap_or_else(|| {
            let hash = blake3::hash(format!("{consumer}\n{server}").as_bytes());
            let number = hash.as_bytes().first_chunk::<4>().map_or(0, |bytes| u32::from_le_bytes(*bytes));
            (number >> 2) | 1 << 30
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readers_are_told_apart() {
        let settings = CaptureSettings::default();
        let number = settings.server_id("ade_shop_prod", "db:3306/shop");
        assert_eq!(number, settings.server_id("ade_shop_prod", "db:3306/shop"));
        assert_ne!(number, settings.server_id("ade_shop_dev", "db:3306/shop"));
        assert_ne!(number, settings.server_id("ade_shop_prod", "db:3306/other"));
        assert!((1 << 30..1 << 31).contains(&number));
        assert_eq!(CaptureSettings { server_id: Some(7) }.server_id("a", "b"), 7);
    }
}
