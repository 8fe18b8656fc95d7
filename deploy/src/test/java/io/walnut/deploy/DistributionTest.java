package io.walnut.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What the archive holds, by its description: it is packed after the tests. */
class DistributionTest {
    private static final Path ROOT = Path.of("..");
    private static final Pattern INCLUDE = Pattern.compile("<include>([^<]+)</include>");
    private static final Pattern LINK = Pattern.compile("]\\(([^)#:]+)[^):]*\\)");

    private static List<String> groups(Pattern pattern, Path file) throws IOException {
        return pattern.matcher(Files.readString(file))
                .results()
                .map((MatchResult match) -> match.group(1))
                .toList();
    }

    @Test
    void thePagesThatTheReadmeNamesAreInIt() throws Exception {
        List<String> included = groups(INCLUDE, Path.of("src", "assembly", "distribution.xml"));
        List<String> pages = groups(LINK, ROOT.resolve("README.md"));
        assertThat(pages).contains("docs/OPERATIONS.md", "docs/ENGINE.md").allSatisfy(page -> {
            assertThat(ROOT.resolve(page)).exists();
            Path path = Path.of(page + (page.endsWith("/") ? "index" : ""));
            assertThat(included)
                    .as(page)
                    .anyMatch(glob -> FileSystems.getDefault()
                            .getPathMatcher("glob:" + glob)
                            .matches(path));
        });
    }
}
