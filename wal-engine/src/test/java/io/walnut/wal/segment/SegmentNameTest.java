package io.walnut.wal.segment;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SegmentNameTest {
    @Test
    void anIdIsReadFromTheNameThatItHas() {
        assertThat(Segment.id(Segment.name(0))).isZero();
        assertThat(Segment.id(Segment.name(Long.MAX_VALUE))).isEqualTo(Long.MAX_VALUE);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "+0000000000000000001.seg",
                "-0000000000000000001.seg",
                "0000000000000000000x.seg",
                "99999999999999999999.seg",
                "1.seg",
                "00000000000000000001.tmp"
            })
    void noOtherNameIsASegments(String name) {
        assertThat(Segment.id(name)).isNegative();
    }
}
