package io.walnut.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launcher of the distribution finds its Java by what that says of itself; here by scripts that say what Javas say. */
class LauncherTest {
    private static final long SECONDS = 20;

    @TempDir
    Path directory;

    private Path launcher;

    @BeforeEach
    void install() throws IOException {
        launcher = directory.resolve("bin/walnut");
        Files.createDirectories(launcher.getParent());
        Files.copy(Path.of("src/distribution/bin/walnut"), launcher, StandardCopyOption.COPY_ATTRIBUTES);
    }

    /** A home with a {@code java} that prints these lines for its version, and else its own path and what it was given. */
    private Path home(String name, String... version) throws IOException {
        Path java = directory.resolve(name).resolve("bin/java");
        Files.createDirectories(java.getParent());
        Files.writeString(java, """
                #!/usr/bin/env bash
                if [ "$1" = -version ]; then
                cat >&2 <<'END'
                %s
                END
                exit 0
                fi
                echo "$0 $*"
                """.formatted(String.join("\n", version)));
        Files.setPosixFilePermissions(java, PosixFilePermissions.fromString("rwxr-xr-x"));
        return directory.resolve(name);
    }

    private String run(Path javaHome, Path onThePath) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(launcher.toString(), "cluster", "status").redirectErrorStream(true);
        builder.environment().put("JAVA_HOME", javaHome.toString());
        builder.environment().merge("PATH", onThePath.resolve("bin").toString(), (path, first) -> first + ":" + path);
        Process process = builder.start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(output).isZero();
        return output;
    }

    @Test
    void java25IsTaken() throws Exception {
        Path java = home("java25", "openjdk version \"25.0.1\" 2025-10-21 LTS", "OpenJDK Runtime Environment");

        assertThat(run(java, java)).startsWith(java + "/bin/java ").contains("io.walnut.node.Main cluster status");
    }

    @Test
    void java25IsTakenBehindWhatItPickedUpFromTheEnvironment() throws Exception {
        Path java = home(
                "java25",
                "Picked up JAVA_TOOL_OPTIONS: -Dversion=\"8\" -Xshare:auto",
                "NOTE: Picked up JDK_JAVA_OPTIONS: -Xint",
                "openjdk version \"25.0.1\" 2025-10-21 LTS");

        assertThat(run(java, home("none", "nothing"))).startsWith(java + "/bin/java ");
    }

    @Test
    void anOlderJavaIsPassedOver() throws Exception {
        Path old =
                home("java21", "Picked up JAVA_TOOL_OPTIONS: version \"25\"", "openjdk version \"21.0.9\" 2025-10-21");
        Path java = home("java26", "openjdk version \"26\" 2026-03-17");

        assertThat(run(old, java)).startsWith(java + "/bin/java ");
    }
}
