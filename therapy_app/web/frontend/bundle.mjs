// Bundles the browser's part into the folder named by the first argument, with every library's licence.
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const modules = join(here, "../../../node_modules");
const out = process.argv[2];

/** Every package whose code or font is shipped; the last two are compiled into spessasynth_lib. */
const SHIPPED = ["@fontsource/source-sans-3", "uplot", "spessasynth_lib", "spessasynth_core", "stb-vorbis"];

function licences() {
  const notices = SHIPPED.map((name) => {
    const about = JSON.parse(readFileSync(join(modules, name, "package.json")));
    const text = readFileSync(join(modules, name, "LICENSE"), "utf8").trim();
    return `${name} ${about.version} (${about.license})\n\n${text}\n`;
  });
  return notices.join(`\n${"=".repeat(80)}\n\n`);
}

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
await build({
  absWorkingDir: here,
  entryPoints: {
    session: "session.js",
    ticker: "sound/ticker.js",
    onset: "sound/onset.js",
  },
  outdir: out,
  nodePaths: [modules],
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  logLevel: "warning",
});
for (const weight of [400, 600]) {
  const file = `source-sans-3-latin-${weight}-normal.woff2`;
  cpSync(join(modules, "@fontsource/source-sans-3/files", file), join(out, `source-sans-3-${weight}.woff2`));
}
cpSync(join(modules, "spessasynth_lib/dist/spessasynth_processor.min.js"), join(out, "synth.js"));
writeFileSync(join(out, "LICENSES.txt"), licences());
