// Light or dark: as the system has it, or as it was chosen here.
import { useEffect, useState } from "react";
import { keep, kept } from "./place.ts";

export type Theme = "system" | "light" | "dark";

const themeKey = "parlor.theme";

const keptTheme = (): Theme => {
  const theme = kept(themeKey);
  return theme === "light" || theme === "dark" ? theme : "system";
};

export const applyTheme = (theme: Theme = keptTheme()): void =>
  void (document.documentElement.dataset["theme"] = theme);

export function useTheme(): [Theme, (theme: Theme) => void] {
  const [theme, setTheme] = useState(keptTheme);
  useEffect(() => {
    applyTheme(theme);
    keep(themeKey, theme);
  }, [theme]);
  return [theme, setTheme];
}
