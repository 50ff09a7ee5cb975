/** The project's folder, which holds `config/`, `views/` and `src/`: the same from `src/` and from `build/`. */
export const root = new URL('.', import.meta.resolve('tessera/package.json'))
