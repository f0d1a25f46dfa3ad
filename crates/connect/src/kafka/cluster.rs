//! A cluster: which broker leads which partition, and asking that one. Leaders move; whoever is asked and leads no longer says
//! so, and then the cluster is asked anew.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use kafka_protocol::messages::fetch_request::{FetchPartition, FetchTopic};
use kafka_protocol::messages::list_offsets_request::{ListOffsetsPartition, ListOffsetsTopic};
use kafka_protocol::messages::metadata_request::MetadataRequestTopic;
use kafka_protocol::messages::{
    BrokerId, FetchRequest, ListOffsetsRequest, MetadataRequest, MetadataResponse, TopicName,
};
use kafka_protocol::protocol::{Request, StrBytes};
use tokio::sync::Mutex;

use super::broker::Broker;
use super::endpoint::{Address, Endpoint};
use super::failure::Failure;
use super::fetched::Fetched;
use super::record_batches::messages;
use super::topic::Topic;

/// Transactions that are open or were aborted are not seen.
const READ_COMMITTED: i8 = 1;
/// We are no replica.
const CLIENT: BrokerId = BrokerId(-1);
/// How often something is tried that may pass: half a minute in all.
const TRIES: u32 = 8;
/// A broker that has nothing waits so long for something to come.
const FETCH_WAIT_MS: i32 = 500;
/// What a fetch may bring, in bytes; a larger batch comes nevertheless.
const FETCH_BYTES: i32 = 8 << 20;

/// Which end of a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// The first message that is kept.
    First,
    /// Behind the last that is committed.
    Last,
}

/// A cluster.
pub(crate) struct Cluster {
    endpoint: Endpoint,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    addresses: HashMap<i32, Address>,
    leaders: HashMap<(String, i32), i32>,
    brokers: HashMap<i32, Arc<Mutex<Broker>>>,
    /// Whichever was asked first.
    guide: Option<Broker>,
}

impl Cluster {
    /// Reaches one of the brokers.
    pub(crate) async fn open(endpoint: Endpoint) -> Result<Self, Failure> {
        let cluster = Self { endpoint, state: Mutex::default() };
        // Proves that it answers and lets us in; asks for no topic.
        let described = cluster.describe(Some(Vec::new())).await;
        let _ = described.map_err(|failure| failure.closed("it was asked for its brokers"))?;
        Ok(cluster)
    }

    /// For messages.
    pub(crate) fn name(&self) -> String {
        self.endpoint.name()
    }

    /// All topics that this login may see, without those that Kafka keeps for itself.
    pub(crate) async fn topics(&self) -> Result<Vec<Topic>, Failure> {
        let answer = self.describe(None).await?;
        let mut topics: Vec<Topic> = answer
            .topics
            .iter()
            .filter(|topic| !topic.is_internal && topic.error_code == 0)
            .filter_map(|topic| {
                let name = topic.name.as_ref()?.to_string();
                let mut partitions: Vec<i32> = topic.partitions.iter().map(|found| found.partition_index).collect();
                partitions.sort_unstable();
                Some(Topic { name, id: topic.topic_id, partitions })
            })
            .filter(|topic| !topic.name.starts_with("__"))
            .collect();
        topics.sort_by(|left, right| left.name.cmp(&right.name));
        Ok(topics)
    }

    /// A topic by name; `None` where there is none.
    pub(crate) async fn topic(&self, name: &str) -> Result<Option<Topic>, Failure> {
        // Asking for a topic by name makes it, on brokers that are set to do so and not asked not to.
        Ok(self.topics().await?.into_iter().find(|topic| topic.name == name))
    }

    /// Where partitions of a topic begin or end.
    pub(crate) async fn offsets(&self, topic: &Topic, end: End) -> Result<BTreeMap<i32, i64>, Failure> {
        let mut found = BTreeMap::new();
        for partition in &topic.partitions {
            let _ = found.insert(*partition, self.offset(&topic.name, *partition, end).await?);
        }
        Ok(found)
    }

    async fn offset(&self, topic: &str, partition: i32, end: End) -> Result<i64, Failure> {
        let wanted = ListOffsetsPartition::default()
            .with_partition_index(partition)
            .with_current_leader_epoch(-1)
            .with_timestamp(if end == End::First { -2 } else { -1 });
        let of_topic = ListOffsetsTopic::default().with_name(name_of(topic)).with_partitions(vec![wanted]);
        let question = ListOffsetsRequest::default()
            .with_replica_id(CLIENT)
            .with_isolation_level(READ_COMMITTED)
            .with_topics(vec![of_topic]);
        let what = || {
            format!(
                "asking where partition {partition} of `{topic}` {}",
                if end == End::First { "begins" } else { "ends" }
            )
        };
        self.of_leader(topic, partition, &question, 6, |answer, address| {
            let found = answer.topics.iter().flat_map(|topic| &topic.partitions).next();
            let found = found.ok_or_else(|| incomplete(address))?;
            Failure::of_code(found.error_code, what)?;
            Ok(found.offset)
        })
        .await
    }

    /// What comes from an offset on, some megabytes of it.
    pub(crate) async fn fetch(&self, topic: &str, partition: i32, from: i64) -> Result<Fetched, Failure> {
        let wanted = FetchPartition::default()
            .with_partition(partition)
            .with_current_leader_epoch(-1)
            .with_fetch_offset(from)
            .with_log_start_offset(-1)
            .with_partition_max_bytes(FETCH_BYTES);
        let of_topic = FetchTopic::default().with_topic(name_of(topic)).with_partitions(vec![wanted]);
        let question = FetchRequest::default()
            .with_replica_id(CLIENT)
            .with_max_wait_ms(FETCH_WAIT_MS)
            .with_min_bytes(1)
            .with_max_bytes(FETCH_BYTES)
            .with_isolation_level(READ_COMMITTED)
            .with_session_epoch(-1)
            .with_topics(vec![of_topic]);
        let what = || format!("fetching from offset {from} of partition {partition} of `{topic}`");
        // From version 13 on topics go by their ids; versions 12 and 11 differ in how they are packed alone.
        self.of_leader(topic, partition, &question, 11, |answer, address| {
            Failure::of_code(answer.error_code, what)?;
            let found = answer.responses.into_iter().flat_map(|topic| topic.partitions).next();
            let found = found.ok_or_else(|| incomplete(address))?;
            Failure::of_code(found.error_code, what)?;
            let aborted = found.aborted_transactions.unwrap_or_default();
            messages(found.records.unwrap_or_default(), partition, from, &aborted).map_err(|reason| Failure::Protocol {
                address: address.to_owned(),
                reason: format!("{}: {reason}", what()),
            })
        })
        .await
    }

    /// Asks whoever leads a partition; when that fails in a way that may pass, looks for the leader again.
    async fn of_leader<R: Request + Sync, T>(
        &self,
        topic: &str,
        partition: i32,
        question: &R,
        newest: i16,
        read: impl Fn(R::Response, &str) -> Result<T, Failure> + Sync,
    ) -> Result<T, Failure>
    where
        R::Response: Send,
        T: Send,
    {
        let mut tries = 0;
        loop {
            let result = match self.leader(topic, partition).await {
                Ok((id, broker)) => {
                    let mut broker = broker.lock().await;
                    let result = broker.ask(question, newest).await;
                    let result = result.and_then(|answer| read(answer, &broker.address()));
                    if result.is_err() {
                        // What is left of an answer that failed would be taken for the next one.
                        let _ = self.state.lock().await.brokers.remove(&id);
                    }
                    result
                }
                Err(failure) => Err(failure),
            };
            match result {
                Err(failure) if failure.may_pass() && tries < TRIES => {
                    tracing::debug!(topic, partition, %failure, "asked again");
                    tokio::time::sleep(Duration::from_millis(100 << tries)).await;
                    tries += 1;
                    let _ = self.state.lock().await.leaders.remove(&(topic.to_owned(), partition));
                }
                result => return result,
            }
        }
    }

    async fn leader(&self, topic: &str, partition: i32) -> Result<(i32, Arc<Mutex<Broker>>), Failure> {
        let place = (topic.to_owned(), partition);
        let known = self.state.lock().await.leaders.get(&place).copied();
        if known.is_none() {
            let _ = self.describe(Some(vec![topic.to_owned()])).await?;
        }
        let mut state = self.state.lock().await;
        let what = || format!("looking for the leader of partition {partition} of `{topic}`");
        let leader = state.leaders.get(&place).copied().filter(|leader| *leader >= 0);
        let leader = leader.ok_or_else(|| Failure::Answer {
            what: what(),
            error: kafka_protocol::ResponseError::LeaderNotAvailable,
        })?;
        if let Some(broker) = state.brokers.get(&leader) {
            return Ok((leader, Arc::clone(broker)));
        }
        let address = state.addresses.get(&leader).cloned().ok_or_else(|| Failure::Answer {
            what: what(),
            error: kafka_protocol::ResponseError::BrokerNotAvailable,
        })?;
        let broker = Arc::new(Mutex::new(Broker::open(&self.endpoint, &address).await?));
        let _ = state.brokers.insert(leader, Arc::clone(&broker));
        Ok((leader, broker))
    }

    /// Asks any broker for topics (`None`: all), and keeps who leads what.
    async fn describe(&self, topics: Option<Vec<String>>) -> Result<MetadataResponse, Failure> {
        let topics = topics.map(|names| {
            names.iter().map(|name| MetadataRequestTopic::default().with_name(Some(name_of(name)))).collect()
        });
        let question = MetadataRequest::default().with_topics(topics).with_allow_auto_topic_creation(false);
        let mut state = self.state.lock().await;
        let mut guide = match state.guide.take() {
            Some(guide) => guide,
            None => self.any().await?,
        };
        // One that fell silent since is replaced by another.
        let answer = match guide.ask(&question, 12).await {
            Err(failure) if failure.may_pass() => {
                guide = self.any().await?;
                guide.ask(&question, 12).await?
            }
            answer => answer?,
        };
        state.guide = Some(guide);
        for broker in &answer.brokers {
            let port = u16::try_from(broker.port).unwrap_or_default();
            let _ = state.addresses.insert(broker.node_id.0, Address { host: broker.host.to_string(), port });
        }
        for topic in &answer.topics {
            let Some(name) = &topic.name else { continue };
            for partition in &topic.partitions {
                let place = (name.to_string(), partition.partition_index);
                let _ = state.leaders.insert(place, partition.leader_id.0);
            }
        }
        Ok(answer)
    }

    /// The first broker that answers.
    async fn any(&self) -> Result<Broker, Failure> {
        let mut last = None;
        for address in &self.endpoint.brokers {
            match Broker::open(&self.endpoint, address).await {
                Ok(broker) => return Ok(broker),
                Err(failure) => last = Some(failure),
            }
        }
        Err(last.unwrap_or_else(|| Failure::Protocol { address: self.name(), reason: "no broker is named".to_owned() }))
    }
}

fn name_of(topic: &str) -> TopicName {
    TopicName(StrBytes::from_string(topic.to_owned()))
}

fn incomplete(address: &str) -> Failure {
    Failure::Protocol { address: address.to_owned(), reason: "it left out what it was asked for".to_owned() }
}
