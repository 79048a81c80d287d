// What a visitor of the shop does.

export default [];
