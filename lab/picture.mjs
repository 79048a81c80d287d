export const picture = () => "";
