package io.walnut.wal;

import static org.assertj.core.api.Assertions.assertThat;

import io.walnut.wal.io.FaultyStorage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PresetTest {
    @ParameterizedTest
    @EnumSource
    void isDurableOnReturn(Preset preset) throws Exception {
        // Segments this large are prepared whole; the rest of the preset is as it is.
        WalOptions options = preset.options().withSizes(64 << 10, 16 << 10, 1 << 20);
        try (Wal wal = Wal.open(new FaultyStorage(), options)) {
            wal.append(Logs.batch("x".repeat(1_000)));
            assertThat(wal.durableLsn()).isEqualTo(1);
        }
        assertThat(preset.options().durability()).isEqualTo(Durability.sync());
    }

    @Test
    void theLargestRecordsFit() {
        assertThat(Preset.LARGE_RECORDS.options().maxBatchBytes()).isEqualTo(256 << 20);
    }

    @Test
    void spaceIsSaved() throws Exception {
        WalOptions options = Preset.SPACE_SAVING.options().withSizes(64 << 10, 32 << 10, 1 << 20);
        try (Wal wal = Wal.open(new FaultyStorage(), options)) {
            wal.append(Logs.batch("the same again and again. ".repeat(1_000)));
            assertThat(wal.stats().bytesWritten()).isEqualTo(4096);
        }
    }
}
