//! The task that owns one snapshot's session.

use std::sync::Arc;

use futures::future::BoxFuture;
use tokio::sync::mpsc;

use super::server::Server;
use super::session::Session;
use crate::ConnectError;

/// Something to do with a session. Nothing drops it before it is done: a statement that is begun is ended by the server.
type Work = Box<dyn for<'a> FnOnce(&'a mut Session) -> BoxFuture<'a, ()> + Send>;

struct Job {
    work: Work,
    /// Ends when nobody waits for the result any more.
    given_up: BoxFuture<'static, ()>,
}

/// The task that owns one snapshot's session and does one job after the other. It ends when the worker is dropped and the
/// job at hand is done or was given up. What is given up is ended in the server, too; the transaction goes on.
pub(crate) struct Worker {
    server: Arc<Server>,
    jobs: mpsc::UnboundedSender<Job>,
}

impl Worker {
    /// Begins a session.
    pub(crate) async fn start(server: Arc<Server>) -> Result<Self, ConnectError> {
        let session = server.session().await?;
        let (jobs, receiver) = mpsc::unbounded_channel();
        drop(tokio::spawn(run(Arc::clone(&server), session, receiver)));
        Ok(Self { server, jobs })
    }

    pub(crate) fn server(&self) -> &Arc<Server> {
        &self.server
    }

    /// Adds a job that sends what it finds; it is given up when the receiver is dropped.
    pub(crate) fn submit<T: Send + 'static>(
        &self,
        sender: mpsc::Sender<T>,
        work: impl for<'a> FnOnce(&'a mut Session, mpsc::Sender<T>) -> BoxFuture<'a, ()> + Send + 'static,
    ) -> Result<(), ConnectError> {
        let watched = sender.clone();
        let job = Job {
            work: Box::new(move |session| work(session, sender)),
            given_up: Box::pin(async move { watched.closed().await }),
        };
        self.jobs.send(job).map_err(|_| ended(&self.server))
    }

    /// Does a job and waits for its result.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl for<'a> FnOnce(&'a mut Session) -> BoxFuture<'a, Result<T, ConnectError>> + Send + 'static,
    ) -> Result<T, ConnectError> {
        let (sender, mut receiver) = mpsc::channel(1);
        self.submit(sender, move |session, sender| {
            Box::pin(async move {
                let result = work(session).await;
                // Nobody waits any more when the caller was dropped.
                let _ = sender.send(result).await;
            })
        })?;
        receiver.recv().await.unwrap_or_else(|| Err(ended(&self.server)))
    }
}

async fn run(server: Arc<Server>, mut session: Session, mut jobs: mpsc::UnboundedReceiver<Job>) {
    while let Some(Job { work, mut given_up }) = jobs.recv().await {
        let id = session.id();
        let mut work = work(&mut session);
        let was_ended = tokio::select! {
            biased;
            () = &mut given_up => true,
            () = &mut work => false,
        };
        if was_ended {
            server.end_statement(id).await;
            work.as_mut().await;
        }
        drop(work);
        session.settle(&server, was_ended).await;
    }
    session.close().await;
}

fn ended(server: &Server) -> ConnectError {
    let reason = "the session ended unexpectedly".to_owned();
    ConnectError::SourceFailed { object: server.name.clone(), reason }
}
