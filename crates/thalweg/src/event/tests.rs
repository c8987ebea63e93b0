use super::*;

#[test]
fn the_deltas_are_mapped_by_both_arms() {
    let event: Event<'_> = Event::TextDelta { block: BlockId::from(3), text: "a" };
    assert_eq!(event.map(|text| text.len()), EventOf::TextDelta { block: BlockId::from(3), text: 1 });
    assert_eq!(event.map_rare(&mut |text| text.len()), EventOf::TextDelta { block: BlockId::from(3), text: 1 });
}

#[test]
fn owning_and_lending_are_inverse() {
    let id = Id::Wire("call_1");
    let kind = BlockKind::ToolCall { id, name: "f", form: InputForm::Json };
    let event: Event<'_> = Event::BlockStart { block: BlockId::from(0), choice: 2, place: Place::nowhere(), kind };
    assert_eq!(event.to_owned().as_lent(), event);
}

#[test]
fn numbers_saturate_below_their_type_s_end() {
    assert_eq!(Wide::from(u32::MAX).get(), u32::MAX - 1);
    assert_eq!(Count::from(0).get(), 0);
}

#[test]
fn names_are_unique_and_snake_case() {
    let names: alloc::vec::Vec<_> = AnomalyKind::ALL.iter().map(|kind| kind.as_str()).collect();
    for name in &names {
        assert!(name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_')), "{name}");
        assert_eq!(names.iter().filter(|other| *other == name).count(), 1, "{name}");
    }
}

#[cfg(feature = "serde")]
mod serialized {
    use super::*;
    use alloc::string::String;

    fn line(event: &Event<'_>) -> String {
        let line = serde_json::to_string(event).expect("events serialize");
        let back: OwnedEvent = serde_json::from_str(&line).expect("what was written can be read");
        assert_eq!(back.as_lent(), *event);
        line
    }

    #[test]
    fn a_delta() {
        let event = Event::TextDelta { block: BlockId::from(0), text: "Hi" };
        assert_eq!(line(&event), r#"{"type":"text_delta","block":0,"text":"Hi"}"#);
    }

    #[test]
    fn a_call() {
        let kind = BlockKind::ToolCall { id: Id::Wire("call_\"1"), name: "f", form: InputForm::Json };
        let place = Place { item: Some(Wide::from(1)), part: None, id: None };
        let event = Event::BlockStart { block: BlockId::from(0), choice: 0, place, kind };
        assert_eq!(
            line(&event),
            r#"{"type":"block_start","block":0,"choice":0,"place":{"item":1},"kind":{"type":"tool_call","id":{"wire":"call_\"1"},"name":"f","form":"json"}}"#
        );
    }

    #[test]
    fn the_end() {
        let evidence = Evidence {
            frames: 3,
            terminal: true,
            sentinel: true,
            choices: 1,
            finished: 1,
            close: Some(Close::Clean),
            limit: None,
        };
        let event = Event::End { outcome: Outcome::Complete, evidence, resume: None };
        assert_eq!(
            line(&event),
            r#"{"type":"end","outcome":"complete","evidence":{"frames":3,"terminal":true,"sentinel":true,"choices":1,"finished":1,"close":"clean"}}"#
        );
    }

    #[test]
    fn plain_names_serialize_as_they_print() {
        for kind in AnomalyKind::ALL {
            assert_eq!(serde_json::to_string(kind).expect("names serialize"), alloc::format!("\"{kind}\""));
        }
    }
}
