//! Histories of one key by hand: `c1>set:a` begins, `c1<ok` ends. Reads end with what they found, `-` for nothing;
//! compare-and-sets with `yes` or `no`; `!` is rejected, `?` is never answered.

use crate::check::Property;
use crate::check::history::History;
use crate::kv::{Op, Outcome};
use crate::sim::event::ClientError;

/// Tells a history of the key k and returns what is broken.
fn tell(text: &str) -> History {
    let mut history = History::new();
    let mut under_way: Vec<(String, u64, Op)> = Vec::new();
    for (request, word) in (1..).zip(text.split_whitespace()) {
        if let Some((client, op)) = word.split_once('>') {
            let op = op_of(op);
            history.begins(client, request, &op);
            under_way.push((client.to_owned(), request, op));
        } else {
            let (client, result) = word.split_once('<').expect("> or <");
            let place = under_way.iter().position(|(name, ..)| name == client).expect("it has begun");
            let (client, request, op) = under_way.remove(place);
            history.ends(&client, request, &op, result_of(&op, result));
        }
    }
    history
}

fn op_of(text: &str) -> Op {
    let key = "k".into();
    let words: Vec<&str> = text.split(':').collect();
    match words[..] {
        ["get"] => Op::Get { key },
        ["del"] => Op::Delete { key },
        ["set", value] => Op::Set { key, value: value.into() },
        ["app", value] => Op::Append { key, value: value.into() },
        ["cas", expected, value] => {
            Op::Cas { key, expected: (expected != "-").then(|| expected.into()), value: value.into() }
        }
        _ => panic!("{text}"),
    }
}

fn result_of(op: &Op, text: &str) -> Result<Outcome, ClientError> {
    match (text, op) {
        ("!", _) => Err(ClientError::Rejected),
        ("?", _) => Err(ClientError::Unknown),
        ("-", _) => Ok(Outcome::Value(None)),
        (value, Op::Get { .. }) => Ok(Outcome::Value(Some(value.into()))),
        ("ok", _) => Ok(Outcome::Done),
        ("yes", _) => Ok(Outcome::Swapped(true)),
        ("no", _) => Ok(Outcome::Swapped(false)),
        _ => panic!("{text}"),
    }
}

#[track_caller]
fn linearizable(text: &str) {
    let history = tell(text);
    assert_eq!(history.details(), [""; 0], "{text}");
    assert_eq!(history.checks().undecided(), 0);
}

#[track_caller]
fn broken(text: &str) -> String {
    let history = tell(text);
    assert_eq!(history.broken(), [Property::Linearizability.name()], "{text}");
    history.details()[0].to_owned()
}

/// One after the other, everything is what it was made.
#[test]
fn one_after_the_other() {
    linearizable("a>get a<- a>set:1 a<ok b>get b<1 b>app:2 b<ok a>get a<12 a>cas:12:3 a<yes a>cas:12:4 a<no");
    linearizable("a>set:1 a<ok a>del a<ok a>get a<- a>cas:-:2 a<yes a>get a<2");
    broken("a>get a<1");
    broken("a>set:1 a<ok b>get b<-");
    broken("a>set:1 a<ok a>del a<ok b>get b<1");
    broken("a>set:1 a<ok b>app:2 b<ok a>get a<21");
}

/// A read that begins after a write has ended sees it, or a later one.
#[test]
fn a_stale_read() {
    let why = broken("a>set:old a<ok a>set:new a<ok b>get b<old");
    assert_eq!(
        why,
        "Of \"k\": b's request 5 (get) came to \"old\"; in whatever order the 0 other operations under way took \
         effect, the key held \"new\". The order that explains all before it ends with a's request 1 (set \"old\"), \
         a's request 3 (set \"new\")."
    );
    // While the write is under way, both are right, but never the new one first.
    linearizable("a>set:old a<ok a>set:new b>get b<old c>get c<new a<ok");
    linearizable("a>set:old a<ok b>get a>set:new c>get c<new b<old a<ok");
    broken("a>set:old a<ok a>set:new b>get b<new c>get c<old a<ok");
    broken("a>set:old a<ok a>set:new b>get b<new b>get b<old");
}

/// Of two writes that both compare, one is lost: the second had to fail.
#[test]
fn a_lost_update() {
    linearizable("a>set:1 a<ok a>cas:1:2 b>cas:1:3 a<yes b<no c>get c<2");
    linearizable("a>set:1 a<ok a>cas:1:2 b>cas:1:3 b<yes a<no c>get c<3");
    broken("a>set:1 a<ok a>cas:1:2 b>cas:1:3 a<yes b<yes");
    // Neither may fail alone.
    broken("a>set:1 a<ok a>cas:1:2 b>cas:1:3 a<no b<no");
    // It fails if there is any moment for it to fail.
    linearizable("a>set:1 a<ok b>cas:1:3 a>set:2 a<ok a>set:1 a<ok b<no");
    linearizable("a>set:1 a<ok b>cas:1:3 a>set:2 a<ok b<yes c>get c<2");
}

/// Every append that was acknowledged is there, once.
#[test]
fn appends_are_there_once() {
    linearizable("a>app:1 b>app:2 a<ok b<ok c>get c<12");
    linearizable("a>app:1 b>app:2 a<ok b<ok c>get c<21");
    broken("a>app:1 b>app:2 a<ok b<ok c>get c<1");
    broken("a>app:1 a<ok c>get c<11");
    broken("a>app:1 a<ok b>app:2 b<ok c>get c<21");
}

/// What was never answered was done, or not, or is done later.
#[test]
fn never_answered() {
    linearizable("a>set:1 a<? b>get b<- b>get b<1");
    linearizable("a>set:1 a<? b>set:2 b<ok b>get b<2 b>get b<1");
    linearizable("a>app:1 a<? b>app:2 b<? c>get c<2 c>get c<21");
    broken("a>set:1 a<? b>get b<1 b>set:2 b<ok b>get b<1");
    broken("a>app:1 a<? b>app:2 b<? c>get c<2 c>get c<1");
    // A read that was never answered tells nothing.
    linearizable("a>get a<? b>set:1 b<ok b>get b<1");
    // Neither does a compare-and-set that fails.
    linearizable("a>cas:9:1 a<? b>set:2 b<ok b>get b<2");
}

/// It is done no more once its client has been told of a later change, but may have been done until then.
#[test]
fn never_answered_and_over() {
    linearizable("a>set:1 a<? a>set:2 a<ok b>get b<2");
    broken("a>set:1 a<? a>set:2 a<ok b>get b<1");
    linearizable("b>set:0 b<ok a>set:1 a<? a>cas:1:2 a<no b>get b<0");
    linearizable("b>set:0 b<ok a>set:1 a<? a>cas:5:2 a<no b>get b<1");
    broken("b>set:0 b<ok a>set:1 a<? a>cas:5:2 a<no b>get b<0 b>get b<1");
    // A read of its client says nothing of it.
    linearizable("b>set:0 b<ok a>set:1 a<? a>get a<0 b>get b<1");
}

/// What was rejected was not done.
#[test]
fn rejected() {
    linearizable("a>set:1 a<ok b>set:2 b<! c>get c<1");
    broken("a>set:1 a<ok b>set:2 b<! c>get c<2");
    let why = broken("a>set:1 a<ok b>set:2 c>get c<2 b<!");
    assert!(why.contains("(set \"2\") was rejected"), "{why}");
}

/// After what nothing explains it goes on when a read shows what the key holds.
#[test]
fn it_goes_on_after_a_violation() {
    let history = tell("a>set:1 a<ok b>get b<9 b>get b<8 b>get b<8 b>get b<7");
    assert_eq!(history.checks().status(Property::Linearizability).violations, 2);
    // A read among others shows nothing.
    let history = tell("a>set:1 a<ok b>get b<9 a>set:2 b>get b<8 b>get b<7 a<ok");
    assert_eq!(history.checks().status(Property::Linearizability).violations, 1);
}

/// Where too much is possible it says so, and nothing wrong.
#[test]
fn too_much_is_possible() {
    let clients: Vec<char> = ('a'..='p').collect();
    let told = |form: &dyn Fn(char) -> String| clients.iter().map(|it| form(*it)).collect::<String>();
    let text = told(&|it| format!("{it}>app:{it} ")) + &told(&|it| format!("{it}<ok "));
    let history = tell(&format!("{text} z>get z<nonsense"));
    assert_eq!((history.broken().len(), history.checks().undecided()), (0, 1));
    let history = tell(&format!("{text} z>get z<nonsense z>get z<else"));
    assert_eq!(history.broken(), [Property::Linearizability.name()], "the first read shows what it holds");

    let many = (0..70).map(|number| format!("a{number}>set:{number} ")).collect::<String>();
    let history = tell(&format!("{many} a0<ok a1<ok z>get z<nonsense"));
    assert_eq!((history.broken().len(), history.checks().undecided()), (0, 1));
}
