package io.walnut.wal.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walnut.wal.WalOptions;
import java.time.Duration;
import java.time.InstantSource;
import org.junit.jupiter.api.Test;

class LogStoreOptionsTest {
    /** Its logs would be replayed from there, also where the WAL begins below it. */
    @Test
    void aStoreHasNoFirstLsnOfItsOwn() {
        LogStoreOptions options = LogStoreOptions.defaults();
        assertThatThrownBy(() -> options.withWal(WalOptions.defaults().withFirstLsn(3)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the WAL of a store begins at LSN 0, firstLsn must not be 3");
        assertThat(options.withWal(WalOptions.defaults().withFirstLsn(0))).isEqualTo(options);
    }

    @Test
    @SuppressWarnings("NullAway") // that is what is refused
    void whatIsMissingIsNamed() {
        LogStoreOptions options = LogStoreOptions.defaults();
        WalOptions none = null;
        Duration never = null;
        InstantSource stopped = null;
        assertThatThrownBy(() -> options.withWal(none))
                .isInstanceOf(NullPointerException.class)
                .hasMessage("wal");
        assertThatThrownBy(() -> options.withUpkeepEvery(never))
                .isInstanceOf(NullPointerException.class)
                .hasMessage("upkeepEvery");
        assertThatThrownBy(() -> options.withClock(stopped))
                .isInstanceOf(NullPointerException.class)
                .hasMessage("clock");
    }
}
