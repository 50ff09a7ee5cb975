export const ENGINE_NAMES = ['cache', 'db'] as const
export type EngineName = (typeof ENGINE_NAMES)[number]
