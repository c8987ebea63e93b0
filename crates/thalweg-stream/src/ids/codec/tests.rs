use super::*;

fn check(route: &str, id: &str) {
    for mapped in [map(&Checksum, route, id), seal(&Checksum, route, id)] {
        assert_eq!(open(&Checksum, &mapped), Some((route.into(), id.into())), "{mapped}");
        // Mapped twice is mapped back twice.
        let twice = map(&Checksum, "outer", &mapped);
        assert_eq!(open(&Checksum, &twice), Some(("outer".into(), mapped)));
    }
}

#[test]
fn what_was_written_is_read() {
    for id in ["resp_1", "call_abc", "toolu_01", "tw1_", "tw1.", "a", "_", "é_😀", "ABC_d", "chatcmpl-9", "x_y_z", "."]
    {
        for route in ["", "east", "a/b:c.d_e", &"long".repeat(5000)] {
            check(route, id);
        }
    }
}

#[test]
fn mapped_ids_keep_their_kind_and_their_alphabet() {
    let check = |id: &str, head: &str| {
        let mapped = map(&Checksum, "azure:east/1", id);
        assert!(mapped.starts_with(&format!("{head}tw1_")), "{mapped}");
        assert!(mapped.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')), "{mapped}");
    };
    check("resp_68af", "resp_");
    check("toolu_01A", "toolu_");
    check("msg_1_2", "msg_");
    check("chatcmpl-9", "");
    check("averylongword_1", "");
    check("call.1", "");
}

#[test]
fn what_was_changed_is_none_of_ours() {
    for mapped in [map(&Checksum, "east", "resp_1"), seal(&Checksum, "east", "gAAAA")] {
        for (at, _) in mapped.char_indices() {
            assert_eq!(open(&Checksum, &mapped[..at]), None, "{mapped} cut at {at}");
            let other = if &mapped[at..=at] == "A" { "B" } else { "A" };
            let changed = [&mapped[..at], other, &mapped[at + 1..]].concat();
            assert_eq!(open(&Checksum, &changed), None, "{changed}");
        }
        assert_eq!(open(&Checksum, &format!("{mapped}A")), None);
    }
    for foreign in ["", "resp_1", "resp_tw1_", "tw1_AAAA", "tw1.AAAA.x", "tw1..", "resp_tw1_é", "call_tw1_!!!"] {
        assert_eq!(open(&Checksum, foreign), None, "{foreign}");
    }
}

#[test]
fn an_id_does_not_pass_for_content() {
    let body = body("east", "x");
    assert_ne!(Checksum.tag(&message(ID, &body)), Checksum.tag(&message(CONTENT, &body)));
}
