//! Who runs a call: what must not reach the client's tools does not, also where the wire says late who runs it.

use thalweg::{AnomalyKind, BlockKind, Reason, Response};

use super::super::{anomalies, finished, told};
use super::{added, blocks, check, completed, created, done, frame};

fn hosted(response: &Response) -> Vec<(&str, &str)> {
    let calls = blocks(response).iter().filter(|block| matches!(block.kind, BlockKind::HostedCall { .. }));
    calls.map(|block| (block.name().unwrap_or_default(), &*block.text)).collect()
}

const PIECE: &str = "\"output_index\":0,\"command_index\":0,\"delta\":\"ls\"";

#[test]
fn pieces_of_a_shell_call_that_nobody_announced_are_no_clients_call_until_the_item_says_so() {
    let call = |environment| {
        format!(
            r#"{{"id":"sh","type":"shell_call","call_id":"c","action":{{"commands":["ls"]}},"environment":{environment}}}"#
        )
    };
    let input = r#"{"commands":["ls"]}"#;
    let begun = created() + &frame("response.shell_call_command.delta", PIECE);
    let container = check(begun.clone() + &done(0, &call(r#"{"type":"container_auto"}"#)) + &completed());
    assert_eq!((told(&container), hosted(&container)), (vec![], vec![("shell", input)]));
    assert_eq!(finished(&container), Some((Reason::Stop, Some("completed"))));
    let local = check(begun.clone() + &done(0, &call(r#"{"type":"local"}"#)) + &completed());
    assert_eq!(told(&local), [(Some("c"), "shell", input, "valid")]);
    assert!(anomalies(&local).contains(&AnomalyKind::StartRepeated));
    let cut = check(begun);
    assert_eq!((told(&cut), hosted(&cut)), (vec![], vec![("shell", "")]));
}

#[test]
fn a_search_for_tools_that_says_late_that_the_client_runs_it_is_the_clients() {
    let call = |execution| {
        format!(r#"{{"id":"ts","type":"tool_search_call","call_id":"c"{execution},"arguments":{{"paths":["a"]}}}}"#)
    };
    let body = created() + &added(0, &call("")) + &done(0, &call(r#","execution":"client""#)) + &completed();
    let response = check(body);
    assert_eq!(told(&response), [(Some("c"), "tool_search", r#"{"paths":["a"]}"#, "valid")]);
    assert_eq!(finished(&response), Some((Reason::ToolCalls, Some("completed"))));
}

#[test]
fn input_before_its_item_goes_to_the_hosted_call_that_the_item_is() {
    let delta = frame("response.function_call_arguments.delta", "\"output_index\":0,\"delta\":\"{}\"");
    let item = r#"{"id":"m","type":"mcp_call","server_label":"s","name":"n","arguments":""}"#;
    let response = check(created() + &delta + &added(0, item) + &done(0, item) + &completed());
    assert_eq!((told(&response), hosted(&response)), (vec![], vec![("n", "{}")]));
    assert_eq!(finished(&response), Some((Reason::Stop, Some("completed"))));
}

#[test]
fn a_name_that_changes_is_said() {
    let call =
        |name| format!(r#"{{"id":"f","type":"function_call","call_id":"c","name":"{name}","arguments":"{{}}"}}"#);
    let response = check(created() + &added(0, &call("read")) + &done(0, &call("remove")) + &completed());
    assert_eq!(told(&response), [(Some("c"), "read", "{}", "valid")]);
    assert_eq!(anomalies(&response), [AnomalyKind::NameInPieces]);
}
