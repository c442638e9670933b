//! Asking until there is an answer: who is asked next, and whether it may be asked again.

use std::time::Duration;

use hyper::StatusCode;
use hyper::header::LOCATION;
use tokio::time::Instant;

use super::Client;
use super::http::{Reply, Silence};
use super::problem::{Outcome, Problem};
use super::request::{Repeat, Request};
use super::troubles::Troubles;
use super::url::NodeUrl;

/// The first wait before asking again; it doubles with every attempt that failed.
const PAUSE_MIN: Duration = Duration::from_millis(10);
/// No wait is longer: it is added to the time that an election takes.
const PAUSE_MAX: Duration = Duration::from_millis(150);
/// A node that takes longer than this share of the whole time is taken for dead, where another can be asked.
const ATTEMPTS_MIN: u32 = 4;
/// After so many redirects in a row the nodes do not agree yet: it is worth waiting.
const REDIRECTS_MAX: u32 = 3;

/// Why a request was not done, as far as is known.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Failure {
    /// The cluster gave an answer, and it is no.
    #[error("{}", .0.text())]
    Refused(Box<Problem>),
    /// Nobody did it, and nobody will.
    #[error("{0}")]
    Unavailable(String),
    /// It may have been done, or may still be done.
    #[error("{0}")]
    Unknown(String),
}

/// What to do after one attempt.
enum Next {
    Done(Reply),
    Fail(Failure),
    /// Somebody else leads.
    Ask(NodeUrl),
    /// The same node, later.
    Wait(Option<Duration>),
    /// Another node.
    GoOn(Option<Duration>),
}

/// What has been learnt in all attempts of one request.
#[derive(Default)]
struct Attempts {
    troubles: Troubles,
    maybe_applied: bool,
    redirects: u32,
    pauses: u32,
}

impl Client {
    /// Asks until there is an answer of 200 to 299, or the time is over.
    ///
    /// # Errors
    /// Whether the request was refused, certainly not done, or may have been done.
    pub async fn call(&mut self, request: &Request) -> Result<Reply, Failure> {
        let deadline = Instant::now() + self.timeout;
        let mut attempts = Attempts::default();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(attempts.give_up(self.timeout, &self.nodes));
            }
            let node = self.nodes[self.at].clone();
            let patience = match request.repeat {
                Repeat::Read | Repeat::Keyed => (self.timeout / ATTEMPTS_MIN).min(left),
                Repeat::IfNotApplied => left,
            };
            let next = match self.http.exchange(&node, request, patience).await {
                Ok(reply) => attempts.after_reply(&node, reply, request.repeat),
                Err(silence) => attempts.after_silence(&node, &silence, request.repeat),
            };
            let pause = match next {
                Next::Done(reply) => return Ok(reply),
                Next::Fail(failure) => return Err(failure),
                Next::Ask(leader) => {
                    self.prefer(&leader);
                    attempts.redirects += 1;
                    if attempts.redirects <= REDIRECTS_MAX {
                        continue;
                    }
                    None
                }
                Next::Wait(pause) => pause,
                Next::GoOn(pause) => {
                    self.at = (self.at + 1) % self.nodes.len();
                    pause
                }
            };
            let pause = pause.unwrap_or_else(|| attempts.next_pause()).min(PAUSE_MAX);
            tokio::time::sleep_until((Instant::now() + pause).min(deadline)).await;
        }
    }
}

impl Attempts {
    fn after_reply(&mut self, node: &NodeUrl, reply: Reply, repeat: Repeat) -> Next {
        if reply.status.is_success() {
            return Next::Done(reply);
        }
        let problem = Problem::of(&reply);
        if reply.status.is_redirection() {
            return self.after_redirect(node, &reply, problem);
        }
        let pause = problem.retry_after_ms.map(Duration::from_millis);
        let is_under_way = problem.code == "request_under_way";
        // Another change of the membership: it will be over.
        let is_in_the_way = problem.code == "change_under_way";
        let is_passing = reply.status.is_server_error() && reply.status != StatusCode::INSUFFICIENT_STORAGE
            || reply.status == StatusCode::TOO_MANY_REQUESTS;
        if !is_passing && !is_under_way && !is_in_the_way {
            return Next::Fail(Failure::Refused(Box::new(problem)));
        }
        self.troubles.said(node, problem.text());
        if problem.outcome == Outcome::Unknown || is_under_way {
            if repeat == Repeat::IfNotApplied {
                return Next::Fail(Failure::Unknown(problem.text()));
            }
            self.maybe_applied |= repeat == Repeat::Keyed;
        }
        match problem.leader_url {
            Some(leader) if leader == *node => Next::Wait(pause),
            Some(leader) => Next::Ask(leader),
            None if is_under_way || is_in_the_way => Next::Wait(pause),
            None => Next::GoOn(pause),
        }
    }

    /// A redirect was not followed yet: whoever sent it did nothing.
    fn after_redirect(&mut self, node: &NodeUrl, reply: &Reply, problem: Problem) -> Next {
        let location = reply.headers.get(LOCATION).and_then(|value| value.to_str().ok());
        match location.map(NodeUrl::of_location) {
            Some(Ok(leader)) => {
                self.troubles.said(node, format!("the leader is said to be at {leader}"));
                Next::Ask(leader)
            }
            Some(Err(error)) => {
                self.troubles.said(node, format!("sent to somewhere that cannot be asked: {error}"));
                Next::GoOn(None)
            }
            None => Next::Fail(Failure::Refused(Box::new(problem))),
        }
    }

    fn after_silence(&mut self, node: &NodeUrl, silence: &Silence, repeat: Repeat) -> Next {
        self.troubles.silent(node, silence.why().to_owned());
        if let Silence::MaybeSent(why) = silence {
            if repeat == Repeat::IfNotApplied {
                return Next::Fail(Failure::Unknown(why.clone()));
            }
            self.maybe_applied |= repeat == Repeat::Keyed;
        }
        Next::GoOn(None)
    }

    fn give_up(self, after: Duration, nodes: &[NodeUrl]) -> Failure {
        let text =
            format!("not done within {} ms: {}", after.as_millis(), self.troubles.in_words(nodes.len()));
        if self.maybe_applied { Failure::Unknown(text) } else { Failure::Unavailable(text) }
    }

    fn next_pause(&mut self) -> Duration {
        self.pauses += 1;
        PAUSE_MIN * 2_u32.pow(self.pauses.min(6) - 1)
    }
}
