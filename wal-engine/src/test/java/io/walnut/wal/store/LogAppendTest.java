package io.walnut.wal.store;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class LogAppendTest {
    @Test
    void anAppendIsRefusedForTheFieldThatIsWrong() {
        assertThatThrownBy(() -> LogAppend.of("a", 0, ByteBuffer.allocate(0)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("an append has 1 record or more, not 0");
        LogAppend good = LogAppend.of("a", 1, ByteBuffer.allocate(1));
        assertThatThrownBy(() -> good.expecting(-2))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the expected offset must be 0 or more, or -1 for any, not -2");
        assertThatThrownBy(() -> good.inEpoch(-1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the writer epoch must be 1 or more, or 0 for none, not -1");
        assertThatThrownBy(() -> good.by(7, 0, -1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the sequence must be 0 or more, not -1");
    }
}
