package io.walnut.wal;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class EvidenceTest {
    private static final int SALT = 7;

    /** Of [0, 100) what is from 60 on was cut off, and 60 given anew; the rest was copied, and the copy was damaged, too. */
    @Test
    void aCopyEndsWhereWhatItWasCopiedFromDid() {
        Evidence copy = new Evidence(SALT, 500, new LsnRange(0, 60));
        Evidence original = new Evidence(SALT, 60, new LsnRange(0, 100));
        assertThat(copy.with(original)).isEqualTo(new Evidence(SALT, 60, new LsnRange(0, 60)));
    }
}
