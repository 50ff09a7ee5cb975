/** The project's folder, with `config/`, `views/` and `src/`: the same for code in `src/` and in `build/`. */
export const root = new URL('.', import.meta.resolve('koa-tessera/package.json'))
