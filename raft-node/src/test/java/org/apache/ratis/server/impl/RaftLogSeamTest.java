package org.apache.ratis.server.impl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.lang.reflect.Modifier;
import org.apache.ratis.util.MemoizedSupplier;
import org.junit.jupiter.api.Test;

class RaftLogSeamTest {

    @Test
    void thePinnedVersionHasTheNamesThatTheSeamNeeds() throws Exception {
        assertThatCode(RaftLogSeam::check).doesNotThrowAnyException();
        assertThat(ServerState.class.getDeclaredField("log").getType()).isEqualTo(MemoizedSupplier.class);
        int value = Class.forName("org.apache.ratis.util.MemoizedBase")
                .getDeclaredField("value")
                .getModifiers();
        assertThat(Modifier.isFinal(value)).isFalse();
        assertThat(Modifier.isVolatile(value)).isTrue();
    }

    @Test
    void theSeamWasWrittenForThisVersion() {

        assertThat(ServerState.class
                        .getProtectionDomain()
                        .getCodeSource()
                        .getLocation()
                        .toString())
                .contains("ratis-server-3.3.0");
    }
}
