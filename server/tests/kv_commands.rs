//! `set`, `get`, `delete`, `cas`, `list` as a script sees them: exit codes, bytes in and out, what is asked.

mod fake;
mod program;

use std::process::Output;

use mini_raft_server::client::NodeUrl;
use serde_json::Value;

use fake::{Act, fake, ok, problem};
use program::{run, run_with_input, stderr, stdout};

/// The program has a thread of its own meanwhile: the fake node answers on the others.
async fn mini_raft(url: &NodeUrl, args: &[&str], input: &str) -> Output {
    let mut args: Vec<String> = args.iter().map(|&arg| arg.to_owned()).collect();
    args.extend(["--url".to_owned(), url.to_string()]);
    let input = input.to_owned();
    let run = move || {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        run_with_input(&args, &input)
    };
    tokio::task::spawn_blocking(run).await.expect("no panic")
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("it ended by itself")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_comes_out_as_it_is_byte_for_byte() {
    let (node, _) = fake(vec![ok("a\0b")]).await;
    let output = mini_raft(&node, &["get", "k"], "").await;
    assert_eq!((code(&output), output.stdout.as_slice()), (0, &b"a\0b"[..]));
    let output = mini_raft(&node, &["get", "k", "--format", "json"], "").await;
    let json: Value = serde_json::from_str(&stdout(&output)).expect("JSON");
    assert_eq!((json["value"].as_str(), json["mod_index"].as_u64()), (Some("a\0b"), Some(7)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_goes_in_from_the_command_line_or_from_standard_input() {
    let (node, of_node) = fake(vec![ok("")]).await;
    for (args, input, sent) in [
        (&["set", "k", "-5"][..], "", "2"),
        (&["set", "k"], "four", "4"),
        (&["set", "k", "-"], "four", "4"),
        (&["set", "k", ""], "four", "0"),
    ] {
        let output = mini_raft(&node, args, input).await;
        assert_eq!((code(&output), stdout(&output).as_str()), (0, "replaced by entry 7\n"), "{args:?}");
        let asked = of_node.asked().pop().expect("it was asked");
        assert_eq!(asked.what, "PUT /v1/kv/k");
        assert!(asked.headers.contains(&("content-length".to_owned(), sent.to_owned())), "{args:?}");
    }
    let too_long = "x".repeat((1 << 20) + 1);
    assert_eq!(code(&mini_raft(&node, &["set", "k"], &too_long).await), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_exit_code_says_whether_anything_was_done() {
    for (act, expected) in [
        (problem(400, "bad_request", "not_applied"), 2),
        (problem(503, "no_leader", "not_applied"), 3),
        (problem(507, "disk_full", "not_applied"), 3),
        (problem(504, "timeout", "unknown"), 4),
        (Act::Hang, 4),
    ] {
        let (node, _) = fake(vec![act]).await;
        let output = mini_raft(&node, &["set", "k", "v", "--timeout", "200ms"], "").await;
        assert_eq!(code(&output), expected, "{}", stderr(&output));
        assert!(stderr(&output).starts_with("error: ") && stdout(&output).is_empty());
    }
    let (node, _) = fake(vec![problem(404, "not_found", "not_applied")]).await;
    for command in ["get", "delete"] {
        let output = mini_raft(&node, &[command, "k"], "").await;
        assert_eq!((code(&output), stderr(&output).as_str()), (1, "error: there is no key \"k\"\n"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn compare_and_set_compares_again_when_somebody_wrote_in_between() {
    let changed = problem(412, "precondition_failed", "not_applied");
    let (node, of_node) = fake(vec![ok("1"), changed, ok("1"), ok("")]).await;
    let output = mini_raft(&node, &["cas", "k", "2", "--expect", "1"], "").await;
    assert_eq!((code(&output), stdout(&output).as_str()), (0, "set by entry 7\n"), "{}", stderr(&output));
    assert_eq!(of_node.asked().len(), 4);

    let (node, of_node) = fake(vec![ok("other")]).await;
    let output = mini_raft(&node, &["cas", "k", "2", "--expect", "1"], "").await;
    assert_eq!(code(&output), 1);
    assert_eq!(of_node.asked().len(), 1, "what is not as expected is not written");

    let (node, _) = fake(vec![problem(412, "precondition_failed", "not_applied")]).await;
    let output = mini_raft(&node, &["cas", "k", "2", "--expect-absent"], "").await;
    assert_eq!((code(&output), stderr(&output).as_str()), (1, "error: the key \"k\" exists\n"));
    assert_eq!(code(&run(&["cas", "k", "2"])), 2, "something must be expected");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_read_page_by_page_and_shows_no_control_character() {
    let first = r#"{"items":[{"key":"a\t","value":"1\n2","mod_index":1}],"next_cursor":"c"}"#;
    let last = r#"{"items":[{"key":"b","value_base64":"/wA=","mod_index":2}],"next_cursor":null}"#;
    let (node, of_node) = fake(vec![ok(first), ok(last)]).await;
    let output = mini_raft(&node, &["list", "p/"], "").await;
    assert_eq!(stdout(&output), "a\\t\t1\\n2\nb\tbase64:/wA=\n", "{}", stderr(&output));
    let asked: Vec<String> = of_node.asked().into_iter().map(|asked| asked.what).collect();
    assert_eq!(asked, ["GET /v1/kv?limit=1000&prefix=p%2F", "GET /v1/kv?limit=1000&prefix=p%2F&cursor=c"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_is_alive_or_it_is_not() {
    let (node, of_node) = fake(vec![ok("ok"), problem(503, "no_leader", "not_applied")]).await;
    assert_eq!(code(&mini_raft(&node, &["health"], "").await), 0);
    let output = mini_raft(&node, &["health", "--ready", "--format", "json"], "").await;
    let json: Value = serde_json::from_str(&stdout(&output)).expect("JSON");
    assert_eq!((code(&output), json["ok"].as_bool()), (1, Some(false)));
    let asked: Vec<String> = of_node.asked().into_iter().map(|asked| asked.what).collect();
    assert_eq!(asked, ["GET /livez", "GET /readyz"]);
    assert_eq!(code(&run(&["health", "--url", "http://127.0.0.1:1"])), 1);
}

#[test]
fn where_there_is_no_cluster_the_error_says_how_to_get_one() {
    for args in [&["status"][..], &["get", "k"], &["list"], &["members"], &["transfer"]] {
        let output = run(&[args, &["--dir", "no/such/directory"]].concat());
        assert_eq!(code(&output), 2, "{args:?}");
        assert!(stderr(&output).contains("`mini-raft start` makes one there"), "{args:?}");
    }
    assert_eq!(code(&run(&["stop", "--dir", "no/such/directory"])), 1);
}

#[test]
fn every_shell_gets_its_completions() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = run(&["completions", shell]);
        assert_eq!(code(&output), 0);
        assert!(stdout(&output).contains("transfer"), "{shell}");
    }
}
