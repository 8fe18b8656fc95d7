package io.walnut.chaos.workload;

import static org.assertj.core.api.Assertions.assertThat;

import io.walnut.chaos.history.Ids;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class PayloadTest {
    @Test
    void aRecordIsKnownByItsBytes() {
        for (int bytes : new int[] {Payload.SMALLEST_BYTES, 17, 100, 2_000}) {
            long id = Ids.of(7, bytes);
            assertThat(Payload.of(id, bytes)).hasSize(bytes);
            assertThat(Payload.id(Payload.of(id, bytes))).isEqualTo(id);
        }
    }

    @Test
    void anyBitThatChangesIsSeen() {
        byte[] payload = Payload.of(Ids.of(3, 5), 40);
        for (int bit = 0; bit < payload.length * 8; bit++) {
            byte[] changed = payload.clone();
            changed[bit / 8] ^= (byte) (1 << bit % 8);
            assertThat(Payload.id(changed)).as("bit %d", bit).isEqualTo(Ids.ALTERED);
        }
        assertThat(Payload.id(Arrays.copyOf(payload, Payload.SMALLEST_BYTES - 1)))
                .isEqualTo(Ids.ALTERED);
        assertThat(Payload.id(new byte[0])).isEqualTo(Ids.ALTERED);
    }
}
